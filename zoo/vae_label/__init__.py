"""An evidence bound with a label that is given or missing."""
