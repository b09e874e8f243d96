"""Who talks to the bot: greeting, codes, consent, own data, muting."""
