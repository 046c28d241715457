"""Functions that return a `keras.Model` ending in float32."""
