"""`sources` and `merge`: which exports are read, and how their rows become people."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from data_contracts.configuration.live import LiveSettings
from data_contracts.configuration.strict import Section
from data_contracts.dated_path import DatedPath
from data_contracts.words import Authority

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_OF_FILES = {"path", "pick", "settle_s", "done_marker", "digest_file", "member", "allow_outside"}
_OF_FILES |= {"url_env", "options_env"}
BesideName = Annotated[str, Field(min_length=1, pattern=r"^[^/\\]+$")]


MOST_SOURCES = 16
"""More are no sources of one company's people; each is read and held in memory."""


class SourceSettings(Section):
    """One export that is read: a file (`path`), or a system that is asked (`live`)."""

    contract: str
    """Name of a published contract (`scimflow contract list`), or path of a contract file."""
    path: str = ""
    """The export, unless the source is `live`: a file, or a pattern such as `exports/hr-*.csv` or
    `exports/hr_{date}.csv` (`{date:yyyyMMdd}`). Relative to scimflow.yaml, or a URL: `sftp://`,
    `s3://`, `gs://`, `abfs://`. Names that end in .gz or .zip are unpacked. Of a database: the
    file with the query."""
    pick: Literal["newest-name", "newest-time"] = "newest-name"
    """Which file of a pattern: the last by name (dated names), or the last written. With `{date}`
    the last by date, and with `--as-of` the last that is not after that day."""
    authority: Authority = Authority.EMPLOYMENT
    """What this source is believed about: `employment` (HR), `login` (IdP), or nothing but
    `attributes`: its columns count where the settings name them (`badges.Building`)."""
    late_delivery: Literal["refuse", "warn"] = "refuse"
    """A delivery older than one that was acted on, by its date, name or digest: no run writes by
    it, or it is a finding alone. With `--as-of` it is a finding."""
    complete_roster: bool | None = None
    """Whether absence from it means that somebody left; the contract's word when not given."""
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 0
    """Seconds that a file must have been left unwritten to count as complete."""
    done_marker: BesideName | None = None
    """File beside the export that says it is complete: `{name}.done`, `{stem}.ok`. Without it an
    export is left alone."""
    digest_file: BesideName | None = None
    """File beside the export that holds its SHA-256: `{name}.sha256`. Without it an export is left
    alone; one with another digest is refused."""
    member: str | None = None
    """Which file of a .zip is the export, by name or pattern; not needed where there is but one."""
    max_mb: Annotated[int, Field(ge=1, le=65_536)] = 1024
    """Megabytes that an export may have, packed and unpacked; a larger one is refused."""
    allow_outside: bool = False
    """Whether `..` and symbolic links may lead out of the folder that the path names."""
    url_env: Variable | None = None
    """Of a database: the environment variable that holds its SQLAlchemy URL."""
    options_env: Variable | None = None
    """Of a remote place: the environment variable that holds options for it, as a JSON object
    (`{"password": "..."}`), where the system's own way to sign in does not do."""
    live: LiveSettings | None = None
    """A system that is asked for its people; in place of `path`."""

    @field_validator("path")
    @classmethod
    def _no_secret(cls, value: str) -> str:
        if "://" in value and urlsplit(value).password is not None:
            raise ValueError("no password in a URL: use `options_env`")
        DatedPath.parse(value)
        return value

    @model_validator(mode="after")
    def _file_or_live(self) -> "SourceSettings":
        if self.live is None and not self.path:
            raise ValueError("give `path` (a file) or `live` (a system that is asked)")
        if self.live is not None:
            out_of_place = sorted(self.model_fields_set & _OF_FILES)
            if out_of_place:
                raise ValueError(
                    f"`{out_of_place[0]}` is about files and has no place beside `live`"
                )
        return self


class MergeRule(Section):
    """One way to recognise the same person in two sources; those of a source are tried in order."""

    employment: str
    """Column of the employment source."""
    login: str | None = None
    """Column of the login source."""
    source: str | None = None
    """Name of another source, in the place of `login`."""
    column: str | None = None
    """Column of that source."""

    @model_validator(mode="after")
    def _one_other_side(self) -> "MergeRule":
        named = (self.source is not None, self.column is not None)
        if (self.login is None) != all(named) or any(named) != all(named):
            raise ValueError("give `login`, or `source` and `column`: the other side of the rule")
        return self


class Sources(Section):
    """Checked together: exactly one source says who is employed, at most one who logs in."""

    sources: Annotated[dict[str, SourceSettings], Field(min_length=1, max_length=MOST_SOURCES)]
    """The exports that are read, by a name of one's own (`hr`, `idp`)."""
    merge: tuple[MergeRule, ...] = ()
    """How the same person is recognised: which column of the employment source holds what stands in
    which column of another one."""

    @model_validator(mode="after")
    def _authorities(self) -> "Sources":
        authorities = [s.authority for s in self.sources.values()]
        if authorities.count(Authority.EMPLOYMENT) != 1:
            raise ValueError("exactly one source must have `authority: employment`")
        if authorities.count(Authority.LOGIN) > 1:
            raise ValueError("at most one source may have `authority: login`")
        if len(authorities) > 1 and not self.merge:
            raise ValueError("two sources need `merge`: which columns name the same person")
        for rule in self.merge:
            self._check_other_side(rule)
        for name in self.sources:
            if name != self.employment_source and not self.merge_columns(name):
                raise ValueError(f"source {name!r} needs a rule in `merge`: who its rows are about")
        return self

    def _check_other_side(self, rule: MergeRule) -> None:
        if rule.login is not None and self.login_source is None:
            raise ValueError("`merge` names a column of the login source, and there is none")
        if rule.source is not None and rule.source not in self.sources:
            raise ValueError(f"`merge` names source {rule.source!r}, and there is no such source")
        if rule.source == self.employment_source:
            raise ValueError("`source` of a rule in `merge` is another one than the employment's")

    @property
    def employment_source(self) -> str:
        """Name of the source that says who is employed."""
        return next(n for n, s in self.sources.items() if s.authority is Authority.EMPLOYMENT)

    @property
    def login_source(self) -> str | None:
        """Name of the source that is believed about logins."""
        found = (n for n, s in self.sources.items() if s.authority is Authority.LOGIN)
        return next(found, None)

    def merge_columns(self, source: str) -> tuple[tuple[str, str, str], ...]:
        """By what rows of another source are recognised, in order.

        Args:
            source: Its name.

        Returns:
            The rule's path in the settings, the employment source's column, the other one's.
        """
        found = []
        for index, rule in enumerate(self.merge):
            if rule.source == source and rule.column is not None:
                found.append((f"merge.{index}", rule.employment, rule.column))
            elif rule.login is not None and source == self.login_source:
                found.append((f"merge.{index}", rule.employment, rule.login))
        return tuple(found)
