"""What the bot remembers: models, queries, migrations; it knows nobody."""
