"""What each `zoo` command does with its options."""
