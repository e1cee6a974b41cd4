"""Explain: what a figure is made of, down to the rows of documents."""
