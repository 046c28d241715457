"""A deterministic code, its law fitted afterwards."""
