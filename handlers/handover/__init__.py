"""Conversations that a person takes over from the bot, and who is on duty for them."""
