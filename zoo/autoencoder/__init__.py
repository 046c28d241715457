"""A deterministic code, its distribution fitted afterwards."""
