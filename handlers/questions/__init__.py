"""Answering: from what was decided about a question to what the person sees."""
