"""Okta's Users API: `Link` pages, nobody DEPROVISIONED in the plain list, rate headers."""

import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.servers.live.stand_in import StandIn

TOKEN = "00t0ken-of-okta"


def user(number: int, status: str = "ACTIVE", **changes: Any) -> dict[str, Any]:
    """A user as Okta answers it."""
    login = f"person{number}@fern.example"
    profile = {
        "login": login,
        "email": login,
        "firstName": f"Given{number}",
        "lastName": f"Family{number}",
        "employeeNumber": f"{number:05}",
        "department": "Research",
        "mobilePhone": None,
    }
    return {
        "id": f"00u{number:017}",
        "status": status,
        "created": "2025-03-01T08:00:00.000Z",
        "activated": None,
        "statusChanged": "2026-02-01T08:00:00.000Z",
        "lastLogin": "2026-02-27T07:58:11.000Z",
        "lastUpdated": "2026-02-01T08:00:00.000Z",
        "passwordChanged": None,
        "type": {"id": "oty1"},
        "profile": profile,
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {"self": {"href": f"https://fern.example/api/v1/users/{number}"}},
        **changes,
    }


@dataclass
class Okta(StandIn):
    """An org.

    Attributes:
        users: Everybody.
        found: Who is found by searches, where the index lags behind; None for the truth.
        remaining: Requests that are left in the window; None for plenty.
    """

    authorization: str = f"SSWS {TOKEN}"
    users: list[dict[str, Any]] = field(default_factory=list)
    found: list[dict[str, Any]] | None = None
    remaining: int | None = None
    window_s: float = 1.0

    def unauthorized(self) -> Response:
        problem = {"errorCode": "E0000011", "errorSummary": "Invalid token provided"}
        return JSONResponse(problem, 401)

    def reply(self, request: Request, body: bytes) -> Response:
        if request.url.path != "/api/v1/users":
            return JSONResponse({"errorCode": "E0000022"}, 404)
        search = request.query_params.get("search")
        if search is None:
            people = [each for each in self.users if each["status"] != "DEPROVISIONED"]
        elif search == 'status eq "DEPROVISIONED"':
            people = self.found
            if people is None:
                people = [each for each in self.users if each["status"] == "DEPROVISIONED"]
        else:
            return JSONResponse({"errorCode": "E0000031"}, 400)
        return self._page(request, people)

    def _page(self, request: Request, people: list[dict[str, Any]]) -> Response:
        limit = int(request.query_params["limit"])
        after = request.query_params.get("after", "")
        ids = [each["id"] for each in people]
        start = ids.index(after) + 1 if after else 0
        page = people[start : start + limit]
        answer = JSONResponse(page)
        answer.headers.append("link", f'<{request.url}>; rel="self"')
        if start + limit < len(people):
            following = request.url.include_query_params(after=page[-1]["id"])
            answer.headers.append("link", f'<{following}>; rel="next"')
        answer.headers.update(self._rate())
        return answer

    def _rate(self) -> dict[str, str]:
        left = 500
        if self.remaining is not None:
            self.remaining = left = max(0, self.remaining - 1)
        reset = int(time.time() + self.window_s) + 1
        return {
            "x-rate-limit-limit": "600",
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(reset),
        }
