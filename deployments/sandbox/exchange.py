"""One request and its answer, without HTTP: the words the whole sandbox speaks in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from deployments.sandbox.constants import ERROR, SCIM_JSON


@dataclass
class Exchange:
    """A request as the service sees it, and what became of it.

    Mutable on purpose: a fault may rewrite the request on its way in, and the service notes here
    whom it touched, so that the journal need not guess from the answer.
    """

    method: str
    path: str  # below the base path, without a trailing slash: "/Users/2819c223"
    query: dict[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    base_url: str  # "http://127.0.0.1:8765/scim/v2"

    user_id: str | None = None
    applied: bool = False
    changed: bool = False
    struck: list[str] = field(default_factory=list)
    dropped: bool = False  # the connection is cut instead of answering
    status: int = 0  # of an operation within a bulk request: what it was answered
    operations: list["Exchange"] = field(default_factory=list)  # of a bulk request, in its order
    breaks_off_after: int | None = None  # operations of a bulk request that are carried out


@dataclass
class Answer:
    """A response before it becomes HTTP."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = SCIM_JSON

    def document(self) -> dict[str, Any]:
        """The body as JSON; an empty object when there is none or it is no object."""
        if not self.body or "json" not in self.media_type:
            return {}
        document = orjson.loads(self.body)
        return document if isinstance(document, dict) else {}

    def replaced(self, document: Mapping[str, Any]) -> "Answer":
        """The same answer with another JSON body."""
        return Answer(self.status, orjson.dumps(document), dict(self.headers), self.media_type)


class ScimProblem(Exception):
    """An answer other than success, raised from wherever the service notices.

    Reference: RFC 7644 section 3.12.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        scim_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The SCIM Error resource; `status` is a string, as section 3.12 has it."""
        document: dict[str, Any] = {"schemas": [ERROR], "status": str(self.status)}
        if self.scim_type is not None:
            document["scimType"] = self.scim_type
        document["detail"] = self.detail
        return Answer(self.status, orjson.dumps(document), self.headers)


def json_answer(
    status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer with a SCIM JSON body."""
    return Answer(status, orjson.dumps(document), dict(headers or {}))


def read_json_object(body: bytes) -> dict[str, Any]:
    """The request's body as a JSON object.

    Raises:
        ScimProblem: 400 invalidSyntax when it is no JSON, or no object.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ScimProblem(
            400,
            f"the body is not valid JSON: line {error.lineno}, column {error.colno}",
            "invalidSyntax",
        ) from None
    if not isinstance(document, dict):
        raise ScimProblem(400, "the body must be a JSON object", "invalidSyntax")
    return document
