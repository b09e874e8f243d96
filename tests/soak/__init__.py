"""The tests that take minutes, in full: `python -m tests.soak.crash`, `python -m tests.soak.storms`."""
