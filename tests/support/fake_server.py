"""The loopback server under every fake platform: threads, requests, faults to order; it knows no platform."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.waiting import PATIENCE

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A call of the bot; `at` is `time.monotonic()`, `headers` have names in lower case.

    Attributes:
        is_given_up: Tells whether nobody waits for the answer any more.
    """

    at: float
    method: str
    params: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    is_given_up: Callable[[], bool] = field(default=lambda: False, compare=False)


class ApiError(Exception):
    """What the server answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True)
class Fault:
    """One call gone wrong: refused, or else carried out if `accepted`, then held for `seconds`, then cut if `drops`."""

    error: ApiError | None = None
    accepted: bool = False
    seconds: float = 0.0
    drops: bool = False


class FakeServer:
    """Serves on a real port, a thread a connection: a long poll simply waits. Its methods may be called anywhere."""

    def __init__(self, port: int = 0) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._healed = 0
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._requests: list[Request] = []
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def respond(self, request: Request, path: str, fault: Fault) -> tuple[int, Json]:
        """Return status and body for one call; called without the lock."""
        raise NotImplementedError

    def headers(self) -> Mapping[str, str]:
        """Return what goes with every answer."""
        return {}

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving and cut every connection."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.cut_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.close()

    def requests(self, method: str = "") -> list[Request]:
        """The calls so far, of one method or of all, oldest first."""
        with self._changed:
            return [request for request in self._requests if not method or request.method.lower() == method.lower()]

    def wait_for_requests(self, method: str, count: int = 1, timeout: float = PATIENCE) -> list[Request]:
        """Block until a method was called so many times."""

        def enough() -> list[Request] | None:
            calls = self.requests(method)
            return calls if len(calls) >= count else None

        return self.wait_for(enough, lambda: f"{method} was called {len(self.requests(method))} times", timeout)

    def wait_for(self, look: Callable[[], T | None], problem: Callable[[], str], timeout: float = PATIENCE) -> T:
        """Block until `look` finds something; it is asked again whenever anything changes."""
        found: list[T] = []

        def looked() -> bool:
            found.extend(thing for thing in [look()] if thing is not None)
            return bool(found)

        with self._changed:
            if not self._changed.wait_for(looked, timeout):
                raise TimeoutError(problem())
        return found[0]

    def fail_next(
        self, method: str, code: int, description: str, *, retry_after: int | None = None, times: int = 1
    ) -> None:
        """Answer the next calls with an error and do nothing."""
        parameters = {} if retry_after is None else {"retry_after": retry_after}
        self._break(method, Fault(error=ApiError(code, description, **parameters)), times)

    def hang_next(self, method: str, seconds: float = 30.0, *, accepted: bool = True, times: int = 1) -> None:
        """Hold the next answers back; what was asked is done at once, or never if not `accepted`."""
        self._break(method, Fault(accepted=accepted, seconds=seconds, drops=not accepted), times)

    def drop_next(self, method: str, *, accepted: bool = True, times: int = 1) -> None:
        """Close the connection of the next calls without an answer, what was asked being done if `accepted`."""
        self._break(method, Fault(accepted=accepted, drops=True), times)

    def heal(self) -> None:
        """Take back every fault that is still to come, and let go of the answers that are held back."""
        with self._changed:
            self._faults.clear()
            self._healed += 1
            self._changed.notify_all()

    def answer(
        self, path: str, params: Json, headers: Mapping[str, str], is_given_up: Callable[[], bool]
    ) -> tuple[int, Json] | None:
        """Status and body for one call, None to close the connection instead."""
        request = Request(time.monotonic(), path.rpartition("/")[2], params, headers, is_given_up)
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            faults = self._faults[request.method.lower()]
            fault = faults.popleft() if faults else Fault(accepted=True)
        answer = self.respond(request, path, fault)
        if fault.seconds:
            with self._changed:
                healed = self._healed
                self._changed.wait_for(lambda: self._closed or self._healed > healed, fault.seconds)
        return None if fault.drops else answer

    def _break(self, method: str, fault: Fault, times: int) -> None:
        with self._changed:
            self._faults[method.lower()].extend([fault] * times)


def units(text: str) -> int:
    """A text's length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


class _Server(socketserver.ThreadingTCPServer):
    """A thread a connection; keeps the connections, to cut them at the end."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], fake: FakeServer) -> None:
        self.fake = fake
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._connections):
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that leaves in the middle is no error
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        params = self._params()
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.fake.answer(unquote(urlsplit(self.path).path), params, headers, self._is_given_up)
        if answer is None:
            self.close_connection = True
        else:
            self._write(*answer)

    do_GET = do_POST  # noqa: N815

    def _is_given_up(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _params(self) -> Json:
        """Query and body together; the body as form, JSON or multipart."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        params: Json = dict(parse_qsl(urlsplit(self.path).query))
        kind = self.headers.get_content_type()
        if kind == "application/json":
            params |= json.loads(body or b"{}")
        elif kind == "multipart/form-data":
            params |= dict(_parts(self.headers["Content-Type"], body))
        else:
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        return params

    def _write(self, status: int, body: Json) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in self.server.fake.headers().items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent; `FakeServer.requests` is the log."""


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str | bytes]]:
    """Fields as text; files as they are, under "<field>:<file name>" too."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        name = str(part.get_param("name", header="content-disposition"))
        file_name = part.get_filename()
        yield name, content.decode(errors="replace") if file_name is None else content
        if file_name is not None:
            yield f"{name}:name", file_name
