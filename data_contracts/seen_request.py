"""One request to the target as telemetry tells of it: without ids, values and bodies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that was sent, and how it ended.

    Attributes:
        method: GET, POST, PATCH or PUT.
        template: Its path with `{id}` for whatever names a resource: an id may be an e-mail
            address. A query is left out: filters hold userNames.
        purpose: Why it was sent: list, look-up, write, bulk, verify, discover.
        status: HTTP status; None when no answer came.
        failure: What kind of failure kept the answer away; "" when there was one.
        began_at: When it was sent (UTC).
        elapsed_s: Time from sending to the answer.
        waited_s: Time that it waited for its turn before.
    """

    method: str
    template: str
    purpose: str
    status: int | None
    failure: str
    began_at: datetime
    elapsed_s: float
    waited_s: float


OnRequest = Callable[[SeenRequest], None]
"""Told of each request; raises nothing."""
