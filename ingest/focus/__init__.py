"""FOCUS documents of any provider, 1.0 to 1.4, as charges."""
