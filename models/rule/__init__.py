"""Rules: how they are written, what they match, what they dispute, and what would help them."""
