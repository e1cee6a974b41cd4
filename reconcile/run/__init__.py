"""Runs: what each costs, by tags that name it and by its hours, and what is left without one."""
