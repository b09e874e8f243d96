"""What the bot knows: Vietnamese text, the base, the plans, search; pure, no I/O but its own data files."""
