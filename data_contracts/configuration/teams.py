"""`teams`: which teams (SCIM Groups) people belong to; without the section they are left alone."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_contracts.configuration.mapping import TextFunction
from data_contracts.configuration.strict import Section

Text = Annotated[str, Field(min_length=1)]


class TeamRules(Section):
    """Teams at the target, kept in step with what a column says of people.

    A value of the column is the key of a team. Teams are created, renamed and given members; they
    are never deleted, and a team that scimflow neither made nor adopted is never touched.
    """

    column: str
    """A worker field (`department`), or a source's column (`idp.Groups`)."""
    separator: Text | None = None
    """What stands between several values in one cell (`;`); none: a cell is one value."""
    apply: tuple[TextFunction, ...] = ()
    """Functions over each value, in order, as in the mapping. White space around never counts."""
    prefix: Text | None = None
    """Only values that begin so count (`pb-`), without it: an IdP has many groups."""
    values: Annotated[dict[str, Text], Field(default_factory=dict)]
    """Translation of values into keys, after the functions; two values may be one team."""
    unlisted: Literal["error", "keep", "ignore"] = "error"
    """With `values`, one that is not listed: an error, a team of its own, or no team."""
    names: Annotated[dict[str, Text], Field(default_factory=dict)]
    """Name of a team by its key; its key where none is given. Another name renames the team."""
    clear_when_empty: bool = False
    """An empty cell means no team. Otherwise it says nothing, and the person stays where they
    are."""
    existing: Literal["leave", "adopt"] = "leave"
    """A team that is there already, with the same externalId or name: left alone and reported, or
    managed from now on."""
    leavers: Literal["remove", "keep"] = "remove"
    """Somebody who has left: removed from managed teams, or left in them with the account."""
    external_id: bool = True
    """Whether a new team is sent with its key as externalId."""

    @model_validator(mode="after")
    def _unlisted_needs_a_list(self) -> "TeamRules":
        if "unlisted" in self.model_fields_set and not self.values:
            raise ValueError("`unlisted` goes with `values`")
        return self

    def name_of(self, key: str) -> str:
        """What the team of a key is called at the target."""
        return self.names.get(key, key)
