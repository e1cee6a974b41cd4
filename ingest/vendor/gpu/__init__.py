"""Tables of usage that clouds for accelerators let one download."""
