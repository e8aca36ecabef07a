"""How one operation ended, before it is joined with whose it was."""

from collections.abc import Iterable
from dataclasses import dataclass

from data_contracts.learned import Rewrite
from data_contracts.scim.paths import short_name
from data_contracts.scim.resource import Resource, look_up
from data_contracts.words import OutcomeResult
from tasks.scim.answers import resource_id


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one operation; the fields are those of Outcome."""

    result: OutcomeResult
    account_id: str | None = None
    user_name: str | None = None
    detail: str = ""
    verified: str = ""
    not_retained: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    rewritten: tuple[Rewrite, ...] = ()


def named(paths: Iterable[str]) -> str:
    """Attribute paths in words.

    >>> named(["title", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"])
    'title, department'
    """
    return ", ".join(short_name(path) for path in paths)


def as_meant(result: OutcomeResult, resource: Resource, paths: Iterable[str]) -> Ending:
    """The end of an operation whose account was seen to hold what was meant.

    Args:
        result: How that came to be.
        resource: The account as seen.
        paths: What was compared.
    """
    seen = tuple(paths)
    return Ending(
        result,
        resource_id(resource),
        user_name_of(resource),
        verified=f"as meant: {named(seen)}",
        kept=seen if result is OutcomeResult.SETTLED else (),
    )


def user_name_of(resource: Resource) -> str | None:
    """The login as the target writes it."""
    name = look_up(resource, "userName")
    return None if name is None else str(name)
