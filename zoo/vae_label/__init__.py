"""An evidence bound with a label that is known or missing."""
