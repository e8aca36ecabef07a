"""What a target says it can do: its discovery endpoints, read with a grain of salt.

Pure. RFC 7643 sections 5 to 7, RFC 7644 section 4, RFC 9865 section 4. A missing word is None, and
never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.scim.resource import look_up, read_boolean

SERVICE_PROVIDER_CONFIG = "/ServiceProviderConfig"
RESOURCE_TYPES = "/ResourceTypes"
SCHEMAS = "/Schemas"


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """The features that a target announces (RFC 7643 section 5); None where it says nothing.

    Attributes:
        patch: Whether users can be changed by PATCH.
        bulk: Whether /Bulk exists.
        bulk_max_operations: Operations in one bulk request at most.
        bulk_max_payload: Bytes of one bulk request at most.
        filter: Whether lists can be filtered.
        max_results: Resources in one list answer at most.
        etag: Whether resources have versions.
        cursor: Whether lists can be paged by cursor (RFC 9865 section 4).
        index: Whether lists can be paged by index.
    """

    patch: bool | None = None
    bulk: bool | None = None
    bulk_max_operations: int | None = None
    bulk_max_payload: int | None = None
    filter: bool | None = None
    max_results: int | None = None
    etag: bool | None = None
    cursor: bool | None = None
    index: bool | None = None

    def read_by_cursor(self, paging: str) -> bool:
        """Whether lists are read by cursor.

        By index pages can be read ahead, several at a time, so a target that pages both ways is
        read so.

        Args:
            paging: `target.paging` of the settings.
        """
        if paging != "auto":
            return paging == "cursor"
        return self.cursor is True and self.index is not True


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """How one endpoint answered.

    Attributes:
        name: What it is for, in a word or two.
        path: Below the base URL.
        ok: Whether it answered as SCIM has it.
        status: Its HTTP status; None when there was no answer.
        message: What was found, in words.
        hint: What to do when it is not well; "" when it is.
    """

    name: str
    path: str
    ok: bool
    status: int | None
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Everything that a target says of itself.

    Attributes:
        config: The features it announces.
        resource_types: Names of its resource types (`User`, `Group`).
        schemas: URNs of its schemas.
        users: How many users it announces; None when it does not.
        endpoints: How each endpoint answered, in the order asked.
        clock_skew_s: Seconds that the target's clock is ahead of ours, by the Date of an answer;
            None when no answer had one.
    """

    config: ProviderConfig
    resource_types: tuple[str, ...]
    schemas: tuple[str, ...]
    users: int | None
    endpoints: tuple[EndpointCheck, ...]
    clock_skew_s: float | None = None


def read_provider_config(document: Any) -> ProviderConfig:
    """Read a ServiceProviderConfig.

    >>> read_provider_config({"patch": {"supported": True}}).patch
    True
    """
    return ProviderConfig(
        patch=_supported(document, "patch"),
        bulk=_supported(document, "bulk"),
        bulk_max_operations=_whole(document, "bulk", "maxOperations"),
        bulk_max_payload=_whole(document, "bulk", "maxPayloadSize"),
        filter=_supported(document, "filter"),
        max_results=_whole(document, "filter", "maxResults"),
        etag=_supported(document, "etag"),
        cursor=read_boolean(_below(document, "pagination", "cursor")),
        index=read_boolean(_below(document, "pagination", "index")),
    )


def names_in(document: Any, *keys: str) -> tuple[str, ...]:
    """The names of the resources in a discovery list, whether it is a ListResponse or bare.

    Args:
        document: The answer.
        keys: The attributes that may hold the name; the first that does counts.
    """
    elements = document if isinstance(document, list) else _below(document, "Resources")
    if not isinstance(elements, list):
        return ()
    found = (
        next((v for key in keys if isinstance(v := look_up(e, key), str)), None)
        for e in elements
        if isinstance(e, Mapping)
    )
    return tuple(name for name in found if name)


def _supported(document: Any, feature: str) -> bool | None:
    return read_boolean(_below(document, feature, "supported"))


def _whole(document: Any, *keys: str) -> int | None:
    value = _below(document, *keys)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _below(document: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(document, Mapping):
            return None
        document = look_up(document, key)
    return document
