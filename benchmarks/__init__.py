"""Tables of docs/results.md, each remade by one command."""
