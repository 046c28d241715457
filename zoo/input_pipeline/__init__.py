"""What `fit` and `evaluate` are fed: batches, their order, their checks, where training begins."""
