"""python-telegram-bot's bare echo bot, as fast as it goes: no database, no logic; what the program is measured beside.

Run `python -m tests.bench.echo_bot SERVER TOKEN`.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, MessageHandler, filters

AT_ONCE = 256
"""As many updates at once as its library takes by default when it is told to take several."""


async def echo(update: Update, _context: Any) -> None:
    """Say what was said."""
    if update.message is not None:
        await update.message.reply_text(update.message.text or "")


def main() -> None:
    """Poll until told to stop."""
    server, token = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    application = ApplicationBuilder().token(token).base_url(f"{server}/bot").concurrent_updates(AT_ONCE).build()
    application.add_handler(MessageHandler(filters.ALL, echo))
    application.run_polling(timeout=25)


if __name__ == "__main__":
    main()
