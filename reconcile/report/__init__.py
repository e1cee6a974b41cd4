"""One report value, rendered as terminal text, Markdown, JSON and HTML."""
