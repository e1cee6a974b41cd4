"""Closing a month: how far it is, what stands against closing it, what must be said about it."""
