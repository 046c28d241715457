"""ln p(x) exactly."""
