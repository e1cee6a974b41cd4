"""The costs and tokens of an Anthropic organization."""
