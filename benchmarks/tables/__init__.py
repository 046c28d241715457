"""The published tables of the papers on matched codes, remade: see docs/results.md."""
