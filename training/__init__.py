"""Data, runs, pictures and measurements: what trains the models of the zoo."""
