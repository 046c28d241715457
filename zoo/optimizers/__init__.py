"""Update rules that Keras lacks."""
