"""Microsoft Graph: users, and delta query over them.

As recorded: a first full round already has removed objects, properties without a value are left out
of it, the last page may be empty. As documented: a change has the properties that changed, one that
was cleared as null; a manager is `manager@delta`; an old link is answered 410.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.servers.live.stand_in import StandIn

TOKEN = "t0ken-of-graph"
DEFAULTS = ("id", "displayName", "givenName", "surname", "mail", "jobTitle", "userPrincipalName")


def person(number: int, **changes: Any) -> dict[str, Any]:
    """A user as Graph knows it."""
    login = f"person{number}@fern.example"
    return {
        "id": f"5b1f0a3c-0000-4000-8000-{number:012}",
        "accountEnabled": True,
        "userPrincipalName": login,
        "displayName": f"Given{number} Family{number}",
        "givenName": f"Given{number}",
        "surname": f"Family{number}",
        "mail": login,
        "employeeId": f"{number:05}",
        "department": "Research",
        "jobTitle": None,
        "employeeHireDate": "2020-03-01T00:00:00Z",
        "manager": None,
        **changes,
    }


@dataclass
class Graph(StandIn):
    """A directory.

    Attributes:
        users: Everybody, by id.
        removed: Why somebody is gone, by id.
        changes: What happened, in order: id and the properties that changed.
        size: Users on a page.
        since: The first number of a change that links are still known from.
    """

    authorization: str = f"Bearer {TOKEN}"
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    size: int = 2
    since: int = 0

    def add(self, *people: dict[str, Any]) -> None:
        for each in people:
            self.users[each["id"]] = each
            self.removed.pop(each["id"], None)
            self.changes.append((each["id"], tuple(each)))

    def change(self, key: str, **properties: Any) -> None:
        self.users[key].update(properties)
        self.changes.append((key, tuple(properties)))

    def remove(self, key: str, reason: str = "changed") -> None:
        self.removed[key] = reason
        self.changes.append((key, ()))

    def unauthorized(self) -> Response:
        return JSONResponse({"error": {"code": "InvalidAuthenticationToken"}}, 401)

    def reply(self, request: Request, body: bytes) -> Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query).items()}
        if request.url.path == "/v1.0/users":
            return self._plain(request, query)
        if request.url.path == "/v1.0/users/delta":
            return self._delta(query)
        return JSONResponse({"error": {"code": "ResourceNotFound"}}, 404)

    def _plain(self, request: Request, query: dict[str, str]) -> Response:
        selected = query.get("$select", ",".join(DEFAULTS)).split(",")
        present = [each for key, each in self.users.items() if key not in self.removed]
        people = [{name: each.get(name) for name in selected} for each in present]
        if "$expand" in query:
            for shown, each in zip(people, present, strict=True):
                if each.get("manager"):
                    shown["manager"] = {"@odata.type": "#microsoft.graph.user", **each["manager"]}
        start = int(query.get("$skiptoken", 0))
        document: dict[str, Any] = {"value": people[start : start + self.size]}
        if start + self.size < len(people):
            following = request.url.include_query_params(**{"$skiptoken": start + self.size})
            document["@odata.nextLink"] = str(following)
        return JSONResponse(document)

    def _delta(self, query: dict[str, str]) -> Response:
        """A round: `$skiptoken` holds what is selected, from which change on, until, and where."""
        if "$expand" in query or "$top" in query:
            return JSONResponse({"error": {"code": "Request_UnsupportedQuery"}}, 400)
        if "$deltatoken" in query:
            selected, since = query["$deltatoken"].split("|")
            if int(since) < self.since:
                return JSONResponse({"error": {"code": "syncStateNotFound"}}, 410)
            state = (selected, int(since), len(self.changes), 0)
        elif "$skiptoken" in query:
            selected, since, until, start = query["$skiptoken"].split("|")
            state = (selected, int(since), int(until), int(start))
        else:
            state = (query.get("$select", ",".join(DEFAULTS)), -1, len(self.changes), 0)
        return JSONResponse(self._page(*state))

    def _page(self, selected: str, since: int, until: int, start: int) -> dict[str, Any]:
        told = self._told(selected.split(","), since, until)
        here = f"{self.base_url}/v1.0/users/delta"
        document: dict[str, Any] = {"value": told[start : start + self.size]}
        if start < len(told):
            following = f"{selected}|{since}|{until}|{start + self.size}"
            document["@odata.nextLink"] = f"{here}?$skiptoken={following}"
        else:
            document["@odata.deltaLink"] = f"{here}?$deltatoken={selected}|{until}"
        return document

    def _told(self, selected: list[str], since: int, until: int) -> list[dict[str, Any]]:
        if since < 0:
            return [self._whole(key, selected) for key in self.users]
        return [self._changed(*each, selected) for each in self.changes[since:until]]

    def _whole(self, key: str, selected: list[str]) -> dict[str, Any]:
        if key in self.removed:
            return {"id": key, "@removed": {"reason": self.removed[key]}}
        user = self.users[key]
        shown = {name: user[name] for name in selected if user.get(name) is not None}
        return self._with_manager({"id": key, **shown}, shown.get("manager"))

    def _changed(self, key: str, names: tuple[str, ...], selected: list[str]) -> dict[str, Any]:
        if key in self.removed:
            return {"id": key, "@removed": {"reason": self.removed[key]}}
        user = self.users[key]
        shown = {name: user[name] for name in names if name in selected}
        change = self._with_manager({"id": key, **shown}, shown.get("manager"))
        if "manager" in names and user["manager"] is None:
            change["manager@delta"] = [{"id": "who-was", "@removed": {"reason": "deleted"}}]
        return change

    def _with_manager(self, shown: dict[str, Any], manager: Any) -> dict[str, Any]:
        shown.pop("manager", None)
        if manager:
            kind = {"@odata.type": "#microsoft.graph.user"}
            shown["manager@delta"] = [{**kind, **manager}]
        return shown
