"""Requests for help: a citizen asks, the team of the village takes, keeps in touch and closes."""
