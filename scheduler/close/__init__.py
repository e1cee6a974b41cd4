"""Closing months: checks, signatures, frozen books, comments, and what comes late."""
