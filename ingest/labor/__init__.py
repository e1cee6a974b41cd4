"""Timesheets in, labor charges out; what is personal is dropped while a file is read."""
