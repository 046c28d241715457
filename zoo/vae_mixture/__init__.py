"""An evidence bound with a class found in the code."""
