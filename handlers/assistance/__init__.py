"""Logging help given: understand, echo, ask for what is missing, save, undo, show."""
