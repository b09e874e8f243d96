"""Sets up the log: ids and types on stderr, never tokens, phone numbers or message text."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Send log lines of `level` and above to stderr."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True)
    for chatty in ("apscheduler", "uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_locals,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_locals(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Replace a traceback by its places: the message of an exception may quote what somebody wrote."""
    if event.pop("exc_info", None):
        trace = sys.exc_info()[2]
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["at"] = " < ".join(reversed(places[-6:]))
    return event
