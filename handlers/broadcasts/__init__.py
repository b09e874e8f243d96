"""Broadcasts: a coordinator's message to everybody with a role in an area, and what became of it."""
