"""What a system gave, whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fetched:
    """A delivery before it is kept.

    Attributes:
        data: The file's content.
        ending: Of its name: `json` or `xml`.
        warnings: What was noticed and did no harm, in words.
        state: What the next delivery builds on; None where each stands alone.
    """

    data: bytes
    ending: str
    warnings: tuple[str, ...] = ()
    state: Mapping[str, Any] | None = None
