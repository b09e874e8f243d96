"""Runs the web application on an open socket until told to stop; signals belong to the process, not to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.routing import BaseRoute

from bot.web.app import build_app
from bot.web.gateway import Gateway

_SHUTDOWN_SECONDS = 3


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again before the other parts have finished."""
        yield


class WebServer:
    """The web chat, health included, and the routes that come beside it."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        secret_key: str,
        https_only: bool = False,
        embed_origins: Sequence[str] = (),
        more: Sequence[BaseRoute] = (),
        trusted_proxies: str,
    ) -> None:
        """Build without opening anything.

        Args:
            trusted_proxies: Addresses and networks, commas between, whose word is taken on where a visitor comes from.
        """
        app = build_app(gateway, secret_key=secret_key, https_only=https_only, embed_origins=embed_origins, more=more)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            server_header=False,
            forwarded_allow_ips=trusted_proxies,
        )
        self._server = _Server(config)

    async def serve(self, listener: socket.socket) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        """Finish what is under way, then return from `serve`."""
        self._server.should_exit = True
