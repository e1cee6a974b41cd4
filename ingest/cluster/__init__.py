"""What was used, as clusters and tables tell it: hours of accelerators, tokens, labels, runs."""
