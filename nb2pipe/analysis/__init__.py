"""What the cells do and what flows between them: syntax, facts, links."""
