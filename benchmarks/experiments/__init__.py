"""The experiments of the papers, small enough for one core: see docs/experiments.md."""
