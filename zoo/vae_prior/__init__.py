"""An evidence bound with another prior than the standard normal."""
