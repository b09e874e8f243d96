"""Deadlines: what is due, who is reminded when, who has handed in."""
