"""What can be measured of codes, samples and densities. Functions return names and numbers."""
