"""What changed since another report, and by which cause; the causes sum to the change."""
