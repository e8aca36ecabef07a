"""Which values people may see: the one place that decides it, for every rendering.

User keys, attribute names, counts, reasons and lines are always shown. An attribute's value is
shown when it is no personal one, or when the settings say `report.show_values`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from data_contracts.plan import Operation, Value
from data_contracts.scim.paths import referring_name, short_name

HIDDEN = "(hidden)"
"""Stands for a value that may not be shown."""

VALUE_SHOWN_MAX = 120
"""Characters of a value that tell it from another; a cell of a megabyte must not fill a page."""

_IMPERSONAL = frozenset({"active", "role", "roles"})


def is_personal(path: str) -> bool:
    """Whether the values of an attribute say something about a person.

    Only what grants access says nothing: whether the account is active, and its role. A userName
    is shown as a user key, where accounts are named; as a changed value it may be a former name.

    Args:
        path: Attribute path, of any schema.

    >>> is_personal("roles[primary eq true].value"), is_personal("name.familyName")
    (False, True)
    """
    return re.split(r"[\[.]", short_name(path), maxsplit=1)[0].lower() not in _IMPERSONAL


def may_show(path: str, show_values: bool) -> bool:
    """Whether a value of this attribute may be shown."""
    return show_values or not is_personal(path)


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that an operation writes, as far as it may be shown.

    Attributes:
        path: The attribute's path.
        hidden: Whether the values may not be shown; they are None then.
        before: What the target holds now; None for nothing.
        after: What is written; None too where the account that is referred to has no id yet.
        compared: Whether there is a value before to compare with.
        refers_to: Worker key of the person whose account the value is; "" for other attributes.
    """

    path: str
    hidden: bool
    before: Value | None
    after: Value | None
    compared: bool
    refers_to: str = ""

    def text(self, arrow: str = "->") -> str:
        """The change as people read it: the name alone, or with its values.

        Args:
            arrow: Stands between before and after.
        """
        if self.hidden:
            return referring_name(self.path, self.refers_to)
        name = short_name(self.path)
        after = value_text(self.after)
        if self.refers_to:
            account = "a new account" if self.after is None else after
            after = f"{account} (worker {self.refers_to})"
        return (
            f"{name} {value_text(self.before)} {arrow} {after}"
            if self.compared
            else (f"{name} {after}")
        )


def changes(operation: Operation, show_values: bool) -> Iterator[Change]:
    """What an operation writes, with the values that may be shown.

    Args:
        operation: The operation.
        show_values: Whether values of personal attributes may be shown.

    Yields:
        One change for each attribute, in the plan's order; at the end those that refer to an
        account that is not there yet.
    """
    for path, after in {**operation.attributes, **dict.fromkeys(operation.awaited)}.items():
        hidden = not may_show(path, show_values)
        yield Change(
            path=path,
            hidden=hidden,
            before=None if hidden else operation.before.get(path),
            after=None if hidden else after,
            compared=path in operation.before,
            refers_to=operation.references.get(path, ""),
        )


def value_text(value: Value | None) -> str:
    """A value as people read it: quoted text, true or false, or that there is none."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    if not value:
        return "(empty)"
    cut = value if len(value) <= VALUE_SHOWN_MAX else value[:VALUE_SHOWN_MAX] + "..."
    return f'"{cut}"'


def shown_value(path: str, value: Value | None, show_values: bool) -> str:
    """A value as people read it, or that it is hidden."""
    return value_text(value) if may_show(path, show_values) else HIDDEN
