"""A client for a sandbox in the same process: no port, no thread, no event loop of one's own.

For tests and for trying requests by hand. It knows nothing of SCIM beyond the media type, so that
it can also send what no good client would.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from deployments.sandbox.app import create_app
from deployments.sandbox.constants import BASE_PATH, CORE_USER, PATCH_OP, SCIM_JSON
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.settings import SandboxSettings

ORIGIN = "http://sandbox.test"


class InProcessClient:
    """Sends one request at a time to a sandbox of its own.

    Args:
        settings: What the sandbox does.
        token: Bearer token to send; by default the one that the settings demand.
        options: Further arguments of `create_app`.
    """

    def __init__(
        self, settings: SandboxSettings | None = None, *, token: str | None = None, **options: Any
    ) -> None:
        self.app = create_app(settings, **options)
        self.sandbox: Sandbox = self.app.state.sandbox
        demanded = self.sandbox.settings.token
        self._token = token or (demanded.get_secret_value() if demanded else None)
        self._transport = httpx.ASGITransport(self.app)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request and wait for the answer.

        Args:
            method: The HTTP method.
            path: Below the base path: "/Users".
            body: Sent as it is when bytes, otherwise as SCIM JSON.
            params: Query parameters.
            headers: Further headers; they win over the usual ones.
        """
        usual = {"Accept": SCIM_JSON}
        if self._token is not None:
            usual["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            usual["Content-Type"] = SCIM_JSON
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        request = httpx.Request(
            method,
            f"{ORIGIN}{BASE_PATH}{path}",
            content=content,
            params=params,
            headers={**usual, **(headers or {})},
        )
        return asyncio.run(self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        await response.aread()
        return response

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET with query parameters."""
        return self.send("GET", path, params=params or None)

    def create(self, user_name: str, **attributes: Any) -> httpx.Response:
        """POST a User."""
        return self.send(
            "POST", "/Users", {"schemas": [CORE_USER], "userName": user_name, **attributes}
        )

    def patch(self, user_id: str, *operations: Mapping[str, Any]) -> httpx.Response:
        """PATCH a User with these operations."""
        body = {"schemas": [PATCH_OP], "Operations": list(operations)}
        return self.send("PATCH", f"/Users/{user_id}", body)
