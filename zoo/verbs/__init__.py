"""Verbs: what a trained model can do, in Python and as signatures of a served graph."""
