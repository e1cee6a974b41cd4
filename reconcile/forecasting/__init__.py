"""Forecast: what a project will have cost in the end, by which method, and how sure that is."""
