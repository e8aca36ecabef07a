"""Whoever is told: a webhook and a mail server on loopback, that keep what they are sent."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Told:
    """What was sent, in order.

    Attributes:
        url: Where to send.
        messages: What came.
    """

    url: str = ""
    messages: list[Any] = field(default_factory=list)


@contextmanager
def webhook(path: str = "/hook") -> Iterator[Told]:
    """Takes in JSON by POST."""
    told = Told()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            told.messages.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        told.url = f"http://127.0.0.1:{port}{path}"
        yield told


@contextmanager
def mail_server() -> Iterator[Told]:
    """Takes in mail by SMTP (RFC 5321), as far as a client needs it."""
    told = Told()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 mail.example ready")
            for line in iter(self.rfile.readline, b""):
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    told.messages.append(b"".join(lines).decode())
                self.say("221 bye" if verb == b"QUIT" else "250 ok")

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        told.url = f"mailto://127.0.0.1:{port}?from=scimflow@acme.example&to=ops@acme.example"
        yield told


@contextmanager
def _serving(server: Any) -> Iterator[int]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
