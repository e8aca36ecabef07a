"""`scope`: whose accounts are managed at all. Clauses of a group AND, groups OR."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_contracts.configuration.strict import Section

Operator = Literal[
    "equals",
    "not_equals",
    "in",
    "not_in",
    "starts_with",
    "ends_with",
    "contains",
    "matches",
    "present",
    "absent",
]


class Clause(Section):
    """One condition on one column of the merged workers.

    An empty cell meets only `absent`, `not_equals` and `not_in`.
    """

    column: str
    """A worker field (`department`), or a source's column (`hr.Department`)."""
    operator: Operator = "equals"
    """How the cell is compared. Case counts, except with `ignore_case`."""
    value: str | None = None
    """What the cell is compared with."""
    values: tuple[str, ...] = ()
    """What the cell is compared with, for `in` and `not_in`."""
    ignore_case: bool = False
    """Compare without regard to case."""

    @model_validator(mode="after")
    def _operands(self) -> "Clause":
        lists, none = self.operator in ("in", "not_in"), self.operator in ("present", "absent")
        if lists and (not self.values or self.value is not None):
            raise ValueError(f"operator {self.operator} needs `values: [...]`")
        if none and (self.values or self.value is not None):
            raise ValueError(f"operator {self.operator} takes no value")
        if not lists and not none and (self.value is None or self.values):
            raise ValueError(f"operator {self.operator} needs `value`")
        if self.operator == "matches":
            try:
                re.compile(self.value or "")
            except re.error as error:
                raise ValueError(f"{self.value!r} is no regular expression: {error}") from None
        return self

    @property
    def in_words(self) -> str:
        """The condition as a person reads it; an identifier that it compares with is left out.

        >>> Clause(column="department", operator="in", values=("Product", "Design")).in_words
        'department is one of Product, Design'
        """
        operands = ", ".join(self.values) or (self.value or "")
        column = self.column.rpartition(".")[2]
        if operands and column in PERSONAL:
            operands = "(hidden)"
        return f"{self.column} {_WORDS[self.operator]} {operands}".rstrip()


PERSONAL = ("worker_key", "worker_id", "email", "user_name", "external_id", "employee_number")
"""Worker fields that tell who somebody is: a rule about a single person names that person."""

_WORDS = {
    "equals": "is",
    "not_equals": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "starts_with": "begins with",
    "ends_with": "ends with",
    "contains": "contains",
    "matches": "matches",
    "present": "is there",
    "absent": "is empty",
}


class ClauseGroup(Section):
    """Conditions that must all hold."""

    all_of: Annotated[tuple[Clause, ...], Field(min_length=1)]
    """The conditions; they hold together or not at all."""

    @property
    def in_words(self) -> str:
        """All of them, as a person reads it."""
        return " and ".join(clause.in_words for clause in self.all_of)


class Scope(Section):
    """Who is in scope: anybody, or those whom one of the groups admits."""

    any_of: tuple[ClauseGroup, ...] = ()
    """Groups of conditions; one that holds is enough. None: everybody is in scope."""
    on_exit: Literal["keep", "deactivate"] = "keep"
    """Somebody managed who is still employed and no longer in scope: left alone, or deactivated."""
