"""Splits: how cost that several projects share is divided between them, and by which weights."""
