"""Drivers: why a line of a plan costs more or less, by month and item, to the last digit."""
