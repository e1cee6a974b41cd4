"""Bills in, charges out."""
