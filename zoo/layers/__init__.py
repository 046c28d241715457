"""Layers that hold one published idea, or state that a model saves."""
