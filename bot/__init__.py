"""The running process: wiring, channels, delivery, scheduling, web, commands; nothing imports it."""
