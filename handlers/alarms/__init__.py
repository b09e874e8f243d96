"""What the administrators are told when something does not work as it should."""
