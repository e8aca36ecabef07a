"""`mapping` and `roles`: what of a worker becomes which attribute of the SCIM User."""

import string
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from data_contracts.configuration.scope import ClauseGroup
from data_contracts.configuration.strict import Section

TextFunction = Literal[
    "trim", "squeeze", "join", "lower", "upper", "title", "nfc", "ascii", "digits"
]

Identifier = Literal[
    "worker_key",
    "employee_number",
    "external_id",
    "user_name",
    "email",
    "distinguished_name",
    "name",
]


class AccountReference(Section):
    """Whose account an attribute refers to: a manager's."""

    column: str
    """A worker field (`manager`), or a source's column (`hr.Supervisor ID`), that names another
    worker."""
    by: Identifier = "worker_key"
    """What of that worker stands in the column. `name` where the export has nothing better: as it
    is shown, `Ada Moreau` or `Moreau, Ada`; counts where exactly one person has it."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        """`account_of: manager` is short for `account_of: {column: manager}`."""
        return {"column": data} if isinstance(data, str) else data


class _ShortForm:
    """Tells editors that a column's name may stand for a whole rule."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}


class AttributeRule(Section):
    """Where one attribute comes from. Exactly one of column, constant, template and account_of."""

    column: str | None = None
    """A worker field (`email`), or a source's column (`idp.id`)."""
    fallback: tuple[str, ...] = ()
    """Columns that count where `column` is empty, in order: `{column: phones.Mobile, fallback:
    [phone]}`. Not where a source's row about the person is in doubt: then the attribute is left."""
    constant: str | None = None
    """The same text for everybody."""
    template: str | None = None
    """Text with columns in braces: `{given_name} {family_name}`. Nothing when one is empty."""
    account_of: Annotated[AccountReference, _ShortForm()] | None = None
    """The SCIM id of another worker's account, whom a column names: for
    `enterprise.manager.value`, which is no text of an export (RFC 7643 section 4.3). `apply` works
    on the column. Who is created in the same run comes before those who refer to them."""
    apply: tuple[TextFunction, ...] = ()
    """Functions, in order: trim (white space around), squeeze (runs of it), join (drops all of
    it), lower, upper, title (capitals), nfc (composed Unicode), ascii (accents dropped), digits
    (nothing else)."""
    values: Annotated[dict[str, str], Field(default_factory=dict)]
    """Translation of values, after the functions; one that is not listed is an error, unless
    `otherwise` says what it becomes."""
    otherwise: str | None = None
    """What a value that `values` does not list becomes."""
    when: Literal["always", "create"] = "always"
    """Kept in step always, or set at creation alone and then left to the people themselves."""
    clear_when_empty: bool = False
    """An empty cell empties the attribute at the target. Otherwise it leaves it alone."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        """`title: title` is short for `title: {column: title}`."""
        return {"column": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_origin(self) -> "AttributeRule":
        origins = [self.column, self.constant, self.template, self.account_of]
        if sum(o is not None for o in origins) != 1:
            names = "`column`, `constant`, `template` and `account_of`"
            raise ValueError(f"give exactly one of {names}")
        if self.fallback and self.column is None:
            raise ValueError("`fallback` goes with `column`")
        if self.otherwise is not None and not self.values:
            raise ValueError("`otherwise` goes with `values`")
        if self.account_of is not None and self.values:
            raise ValueError("`values` does not go with `account_of`: an account has one id")
        if self.account_of is not None and self.when == "create":
            raise ValueError(
                "`when: create` does not go with `account_of`: whose manager has no account yet "
                "would never get one"
            )
        _check_template(self.template or "")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the attribute may come from."""
        if self.account_of is not None:
            return (self.account_of.column,)
        named = [name for _, name, _, _ in string.Formatter().parse(self.template or "") if name]
        return (*named, *filter(None, [self.column]), *self.fallback)


def _check_template(template: str) -> None:
    """A template is text with plain columns in braces: Python's formats would be ignored.

    Raises:
        ValueError: What is wrong with it.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"template {template!r}: {error}") from None
    for _, name, form, conversion in parts:
        if name == "":
            raise ValueError(f"template {template!r}: put a column's name between the braces")
        if form or conversion:
            raise ValueError(f"template {template!r}: {{{name}}} takes no format behind the name")


MappingRules = Annotated[dict[str, Annotated[AttributeRule, _ShortForm()]], Field(min_length=1)]
"""Attribute rules by SCIM attribute path."""


class RoleRule(Section):
    """A role, and who gets it."""

    role: str
    """The role's name at the target."""
    any_of: Annotated[tuple[ClauseGroup, ...], Field(min_length=1)]
    """Groups of conditions, as in `scope`."""

    @property
    def in_words(self) -> str:
        """Who gets it, as a person reads it."""
        return ", or ".join(group.in_words for group in self.any_of)


class RoleRules(Section):
    """Who gets which role: the first rule that holds, else the default."""

    default: str | None = None
    """Role of those whom no rule matches; none: the target's own default, left alone."""
    rules: tuple[RoleRule, ...] = ()
    """Rules in order; the first that holds decides."""
    initial: str = "contributor"
    """The role that the target gives to a member created without one (Productboard's is this)."""
    order: tuple[str, ...] = ("viewer", "contributor", "maker", "admin")
    """Roles from least to most powerful; a step to the right is an upgrade. A role that is not
    listed may have any power: to get one, or another one after it, counts as an upgrade."""
    paid: tuple[str, ...] = ("maker", "admin")
    """Roles that take a paid seat."""
    admin: tuple[str, ...] = ("admin",)
    """Roles that administer the workspace: the last active one of them is never taken away."""
    when: Literal["always", "create"] = "always"
    """Roles are kept in step always, or given at creation alone."""
