"""What the two players of a generative adversarial network minimise."""
