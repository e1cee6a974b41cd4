"""Days that cost what nobody expected: known schedule first, then robust statistics."""
