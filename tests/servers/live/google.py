"""Google's Directory API: `users.list` with page tokens and partial answers (`fields`)."""

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.servers.live.stand_in import StandIn

TOKEN = "t0ken-of-google"


@dataclass
class Google(StandIn):
    """A customer's directory.

    Attributes:
        users: Everybody who is not deleted.
    """

    authorization: str = f"Bearer {TOKEN}"
    users: list[dict[str, Any]] = field(default_factory=list)

    def unauthorized(self) -> Response:
        return JSONResponse({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401)

    def reply(self, request: Request, body: bytes) -> Response:
        query = request.query_params
        if request.url.path != "/admin/directory/v1/users" or "customer" not in query:
            return JSONResponse({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)
        wanted = re.fullmatch(r"kind,nextPageToken,users\(([\w,]+)\)", query["fields"])
        assert wanted is not None
        assert query["projection"] == "full"
        names = wanted.group(1).split(",")
        start, size = int(query.get("pageToken", "0")), int(query["maxResults"])
        page = self.users[start : start + size]
        document: dict[str, Any] = {"kind": "admin#directory#users"}
        if page:
            document["users"] = [{n: u[n] for n in names if n in u} for u in page]
        if start + size < len(self.users):
            document["nextPageToken"] = str(start + size)
        return JSONResponse(document)
