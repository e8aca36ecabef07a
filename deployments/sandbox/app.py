"""The sandbox as an ASGI application.

In process it is driven through `httpx.ASGITransport(app=create_app(SandboxSettings()))`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deployments.sandbox.collection import NewId, Now
from deployments.sandbox.constants import BASE_PATH
from deployments.sandbox.exchange import Answer, Exchange, ScimProblem
from deployments.sandbox.sandbox import Clock, Sandbox, random_id, utc_now
from deployments.sandbox.settings import SandboxSettings

CUT_CONNECTION = "sandbox.cut_connection"
"""Key in the request's state under which a server offers to cut the connection."""

_ROUNDS_TO_NOTICE = 3  # of the event loop, until the server knows and sends nothing any more
_SAVE_EVERY_S = 0.2  # a state too large to be written at each change is at most this late


def create_app(
    settings: SandboxSettings | None = None,
    *,
    clock: Clock | None = None,
    now: Now = utc_now,
    new_id: NewId = random_id,
) -> Starlette:
    """A sandbox with its state, journal and faults under `app.state.sandbox`.

    Args:
        settings: What it does; Productboard's behaviour without.
        clock: Seconds for the rate limit and the life of cursors; time.monotonic without.
        now: Moments for `meta`.
        new_id: Ids of new resources.

    Raises:
        SandboxFileError: the state or seed file cannot be used.
    """
    settings = settings or SandboxSettings()
    clocks = {} if clock is None else {"clock": clock}
    sandbox = Sandbox(settings, now=now, new_id=new_id, **clocks)
    app = Starlette(
        routes=[Route("/{path:path}", endpoint=_Endpoint(sandbox))], lifespan=_saving(sandbox)
    )
    app.state.sandbox = sandbox
    return app


class _Endpoint:
    """All paths and methods: what is not SCIM gets a SCIM error too, and is in the journal."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            exchange = await _read(request)
        except ClientDisconnect:
            return
        if exchange is None:
            answer = ScimProblem(404, f"SCIM lives below {BASE_PATH}").answer()
        else:
            try:
                answer = await self._sandbox.respond(exchange, request.url.query)
            except asyncio.CancelledError:
                if await _cut(request):  # the server stops: nobody waits for this one any more
                    return
                raise
            if exchange.dropped and await _cut(request):
                return
        await _response(answer)(scope, receive, send)


async def _read(request: Request) -> Exchange | None:
    path = str(request.scope["path"])  # percent escapes resolved
    if path != BASE_PATH and not path.startswith(BASE_PATH + "/"):
        return None
    return Exchange(
        method=request.method,
        path=path[len(BASE_PATH) :].rstrip("/") or "/",
        query=dict(parse_qsl(request.url.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        base_url=f"{request.url.scheme}://{request.url.netloc}{BASE_PATH}",
    )


async def _cut(request: Request) -> bool:
    """Cut the connection where the server offers it; in process nobody does."""
    cut = request.scope.get("state", {}).get(CUT_CONNECTION)
    if cut is None:
        return False
    cut()
    for _ in range(_ROUNDS_TO_NOTICE):
        with contextlib.suppress(asyncio.CancelledError):  # comes once more when the loop ends
            await asyncio.sleep(0)
    return True


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.status == 204 or answer.status == 304:
        return Response(status_code=answer.status, headers=headers)
    return Response(
        answer.body,
        status_code=answer.status,
        headers={**headers, "Content-Type": answer.media_type},
    )


def _saving(
    sandbox: Sandbox,
) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if sandbox.state is None:
            yield
            return
        sandbox.state.throttled = True
        saving = asyncio.create_task(_save_regularly(sandbox))
        try:
            yield
        finally:
            saving.cancel()
            sandbox.state.save()

    return lifespan


async def _save_regularly(sandbox: Sandbox) -> None:
    while sandbox.state is not None:
        await asyncio.sleep(_SAVE_EVERY_S)
        sandbox.state.save_if_due()
