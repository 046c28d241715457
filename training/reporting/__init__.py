"""Pictures, the report of a run, cards of trained models."""
