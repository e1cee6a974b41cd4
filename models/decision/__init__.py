"""Decisions: draws of contingency, questions about cost, and judgements of days that stood out."""
