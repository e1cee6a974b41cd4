"""Decisions on cost: contingency, levers, hosting or API, what idles, where the money goes."""
