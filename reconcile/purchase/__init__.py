"""Purchases against what was accepted and invoiced: what matches, and what has to be accrued."""
