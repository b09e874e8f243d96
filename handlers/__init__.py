"""What the bot does in conversation and on schedule, one folder a job; it knows no channel and never sends."""
