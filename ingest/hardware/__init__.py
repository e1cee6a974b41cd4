"""Hardware of one's own: a register, its depreciation by month, and who used it."""
