"""What all stand-ins have in common: they listen, remember who asked what, and fail when told."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox.server import listen

Answering = Callable[[Request], Response]


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass
class StandIn:
    """A system.

    Attributes:
        authorization: What requests must show.
        instead: What is answered in place of the truth, by number of the request, from 1.
        asked: The requests that came.
        takes_any: Whether somebody else looks at what requests show.
    """

    authorization: str = ""
    instead: dict[int, Response | Answering] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    takes_any: bool = False
    base_url: str = ""

    def reply(self, request: Request, body: bytes) -> Response:
        """The system's own answer."""
        raise NotImplementedError

    def unauthorized(self) -> Response:
        """What is said to strangers."""
        return JSONResponse({}, 401)

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        self.asked.append(
            Asked(request.method, request.url.path, dict(request.query_params), headers, body)
        )
        other = self.instead.get(len(self.asked))
        if other is not None:
            return other if isinstance(other, Response) else other(request)
        shown = request.headers.get("authorization")
        if shown != self.authorization and not self.takes_any:
            return self.unauthorized()
        return self.reply(request, body)


@contextmanager
def serving(system: StandIn) -> Iterator[Any]:
    """Let a stand-in listen on a free port of loopback."""
    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/{path:path}", system.answer, methods=methods)])
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    system.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        while not server.started:
            time.sleep(0.01)
        yield system
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
