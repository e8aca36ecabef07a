"""`sources` and `merge`: which exports are read, and how their rows become people."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_contracts.configuration.strict import Section
from data_contracts.words import Authority


class SourceSettings(Section):
    """One export that is read."""

    contract: str
    """Name of a published contract (`scimflow contract list`), or path of a contract file."""
    path: str
    """The export: a file, or a pattern such as `exports/hr-*.csv`. Relative to scimflow.yaml."""
    pick: Literal["newest-name", "newest-time"] = "newest-name"
    """Which file of a pattern: the last by name (dated names), or the last written."""
    authority: Authority = Authority.EMPLOYMENT
    """What this source is believed about: `employment` (HR) or `login` (IdP)."""
    complete_roster: bool | None = None
    """Whether absence from it means that somebody left; the contract's word when not given."""
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 0
    """Seconds that a file must have been left unwritten to count as complete."""


class MergeRule(Section):
    """One way to recognise the same person in both sources; rules are tried in order."""

    employment: str
    """Column of the employment source."""
    login: str
    """Column of the login source."""


class Sources(Section):
    """Checked together: exactly one source says who is employed, at most one who logs in."""

    sources: Annotated[dict[str, SourceSettings], Field(min_length=1, max_length=2)]
    """The exports that are read, by a name of one's own (`hr`, `idp`)."""
    merge: tuple[MergeRule, ...] = ()
    """How the same person is recognised in two sources."""

    @model_validator(mode="after")
    def _authorities(self) -> "Sources":
        authorities = [s.authority for s in self.sources.values()]
        if authorities.count(Authority.EMPLOYMENT) != 1:
            raise ValueError("exactly one source must have `authority: employment`")
        if len(authorities) > 1 and not self.merge:
            raise ValueError("two sources need `merge`: which columns name the same person")
        return self
