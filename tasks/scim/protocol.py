"""Requests of the SCIM protocol as values: what is asked, before anything is sent.

Pure. RFC 7644 sections 3.2 to 3.5 (endpoints and methods), 3.4.2.2 (filters), 8.1 (media type).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import orjson

SCIM_JSON = "application/scim+json"
USERS = "/Users"


class Purpose(StrEnum):
    """Why a request is sent, as the audit trail shows it."""

    LIST = "list"
    LOOK_UP = "look-up"
    WRITE = "write"
    BULK = "bulk"
    VERIFY = "verify"
    DISCOVER = "discover"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without host, token and time.

    Attributes:
        method: GET, POST, PATCH or PUT; there is no other, users are never deleted.
        path: Below the base URL, percent-encoded.
        purpose: Why.
        query: The query string, percent-encoded; "" when there is none.
        shown: Path and query as they may be logged: a filter's value is masked.
        body: JSON, for a write.
        if_match: ETag that the resource must still have (RFC 7644 section 3.14).
    """

    method: str
    path: str
    purpose: Purpose
    query: str = ""
    shown: str = ""
    body: bytes | None = None
    if_match: str | None = None

    @property
    def is_read(self) -> bool:
        """Whether sending it twice changes nothing."""
        return self.method == "GET"

    @property
    def template(self) -> str:
        """The path without what names a resource.

        >>> Request("GET", "/Users/ada%40acme.example", Purpose.VERIFY).template
        '/Users/{id}'
        """
        endpoint, _, resource = self.path.removeprefix("/").partition("/")
        return f"/{endpoint}/{{id}}" if resource else f"/{endpoint}"


def user_path(account_id: str) -> str:
    """The path of one user, whatever the id holds (some targets use e-mail addresses).

    >>> user_path("a/b@c.example")
    '/Users/a%2Fb%40c.example'
    """
    return resource_path(USERS, account_id)


def resource_path(endpoint: str, resource_id: str) -> str:
    """The path of one resource of an endpoint, likewise."""
    # "." and ".." would be taken out of the path by everybody on the way
    text = (
        quote(resource_id, safe="") if resource_id.strip(".") else resource_id.replace(".", "%2E")
    )
    return f"{endpoint}/{text}"


def equals_filter(attribute: str, value: str) -> str:
    r"""A filter for one value; the value is written as a JSON string (RFC 7644 section 3.4.2.2).

    >>> equals_filter("userName", 'o"neil')
    'userName eq "o\\"neil"'
    """
    return f"{attribute} eq {orjson.dumps(value).decode()}"


def list_page(start_index: int, count: int, endpoint: str = USERS) -> Request:
    """Ask for a page of resources, with an explicit count (RFC 7644 section 3.4.2.4)."""
    query = f"startIndex={start_index}&count={count}"
    return Request("GET", endpoint, Purpose.LIST, query, shown=f"{endpoint}?{query}")


def list_from(cursor: str, count: int | None, endpoint: str = USERS) -> Request:
    """Ask for a page of resources by cursor, "" for the first (RFC 9865 section 2).

    A cursor is shown masked: who has it can read that page.
    """
    counted = "" if count is None else f"&count={count}"
    query = f"cursor={quote(cursor, safe='')}{counted}"
    shown = f"{endpoint}?cursor={'***' if cursor else ''}{counted}"
    return Request("GET", endpoint, Purpose.LIST, query, shown=shown)


def find_users(attribute: str, value: str, purpose: Purpose = Purpose.LOOK_UP) -> Request:
    """Ask for the users with one value of one attribute."""
    query = f"filter={quote(equals_filter(attribute, value), safe='')}"
    return Request("GET", USERS, purpose, query, shown=f'{USERS}?filter={attribute} eq "***"')


def get_user(account_id: str, purpose: Purpose = Purpose.VERIFY) -> Request:
    """Ask for one user."""
    path = user_path(account_id)
    return Request("GET", path, purpose, shown=path)


def post_user(resource: dict[str, Any]) -> Request:
    """Create a user (RFC 7644 section 3.3)."""
    return Request("POST", USERS, Purpose.WRITE, shown=USERS, body=orjson.dumps(resource))


def patch_user(account_id: str, body: dict[str, Any]) -> Request:
    """Change a user (RFC 7644 section 3.5.2)."""
    path = user_path(account_id)
    return Request("PATCH", path, Purpose.WRITE, shown=path, body=orjson.dumps(body))


def put_user(account_id: str, resource: dict[str, Any], etag: str | None = None) -> Request:
    """Replace a user (RFC 7644 section 3.5.1), if it still has the given ETag."""
    path = user_path(account_id)
    body = orjson.dumps(resource)
    return Request("PUT", path, Purpose.WRITE, shown=path, body=body, if_match=etag)


def discover(path: str, query: str = "") -> Request:
    """Ask a discovery endpoint (RFC 7644 section 4)."""
    shown = f"{path}?{query}" if query else path
    return Request("GET", path, Purpose.DISCOVER, query, shown=shown)
