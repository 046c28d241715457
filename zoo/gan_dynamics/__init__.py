"""Adversarial games whose losses are unchanged and that are played differently or damped."""
