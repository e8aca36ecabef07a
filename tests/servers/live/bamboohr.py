"""BambooHR: custom reports with the fields that are asked for, and saved ones."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.servers.live.stand_in import StandIn

KEY = "k3y-of-bamboohr"


@dataclass
class Bamboo(StandIn):
    """A company.

    Attributes:
        people: Everybody, with all fields.
        hidden: Fields that the key's owner may not see.
    """

    authorization: str = f"Basic {b64encode(f'{KEY}:x'.encode()).decode()}"
    people: list[dict[str, Any]] = field(default_factory=list)
    hidden: frozenset[str] = frozenset()

    def unauthorized(self) -> Response:
        return Response("", 401, {"x-bamboohr-error-message": "Invalid API key"})

    def reply(self, request: Request, body: bytes) -> Response:
        everybody = request.query_params.get("onlyCurrent") == "false"
        assert request.query_params.get("format") == "JSON"
        people = [p for p in self.people if everybody or p["status"] == "Active"]
        if request.url.path == "/api/v1/reports/custom" and request.method == "POST":
            return self._report(people, json.loads(body)["fields"])
        if request.url.path == "/api/v1/reports/7" and request.method == "GET":
            return self._report(people, list(self.people[0]))
        return Response("", 404)

    def _report(self, people: list[dict[str, Any]], fields: list[str]) -> Response:
        given = [name for name in fields if name in self.people[0] and name not in self.hidden]
        return JSONResponse(
            {
                "title": "scimflow",
                "fields": [{"id": name, "type": "text", "name": name} for name in given],
                "employees": [
                    {"id": person["id"], **{name: person.get(name) for name in given}}
                    for person in people
                ],
            }
        )
