"""Runs: how they are named, what usage and charges tell of them, and which models were accepted."""
