"""An adversary on data, and a way back from data to codes."""
