"""Transports: each turns its platform's events into `Incoming` and outbox messages into requests, nothing else."""
