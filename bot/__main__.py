"""Starts the command line, as `cnscd` and as `python -m bot`; it knows no command."""

from __future__ import annotations

from bot.garbage import kept_to_the_end


def main() -> None:
    """Load the program, then run it."""
    with kept_to_the_end():
        from bot import cli
    cli.main()


if __name__ == "__main__":
    main()
