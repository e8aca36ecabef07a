"""From the sources' rows to people: HR is the authority for employment, the IdP for the login.

In: one judged row a person from the employment source, the accepted rows of the login source. Out:
one row a person with every source's columns, and findings where the sources do not fit together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in, repeated
from data_contracts.configuration import MergeRule
from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import IDENTIFYING, ExportContract, WorkerField
from data_contracts.finding import Finding
from data_contracts.frames import LINE, STATE, WORKER_KEY, WORKERS
from data_contracts.words import FindingSeverity, WorkerState
from tasks.transform.lifecycle import FIRST_DAY, PRESENCE, REASON

LOGIN_FIELDS = frozenset({WorkerField.EXTERNAL_ID, WorkerField.USER_NAME})
"""What the login source is believed about; all else is taken from the employment source first."""

_GONE = frozenset({WorkerState.LEAVER, WorkerState.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one source, with what its contract says of them."""

    name: str
    rows: pd.DataFrame
    contract: ExportContract

    def column(self, name: str, used_by: str) -> pd.Series:
        """A column by worker field or by its own name; missing values when the file lacks it.

        Raises:
            ConfigurationError: Neither the contract nor the file knows it.
        """
        meanings = {str(field): column for field, column in self.contract.meanings.items()}
        own = meanings.get(name, name)
        if own in self.rows.columns:
            return self.rows[own]
        if own in {column.name for column in self.contract.columns}:
            return pd.Series(None, index=self.rows.index, dtype="str")
        known = ", ".join(sorted({*meanings, *map(str, self.rows.columns)}))
        raise ConfigurationError(
            f"{used_by}: source {self.name!r} has no column {name!r}", hint=f"known are: {known}"
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """People with all their sources' columns.

    Attributes:
        workers: Frame `frames.WORKERS`, with `presence` and `reason`.
        ambiguous: Mask over the workers: the login could not be told, a person decides.
        findings: Where the sources do not fit together.
        identifying: The workers' columns that tell people apart, as either source has them.
    """

    workers: pd.DataFrame
    ambiguous: pd.Series
    findings: tuple[Finding, ...]
    identifying: tuple[str, ...]


def merge_sources(
    employment: Source,
    login: Source | None,
    rules: Sequence[MergeRule],
    set_aside: frozenset[str] = frozenset(),
) -> Merged:
    """Bring the sources' rows about the same person together.

    Args:
        employment: One row a person.
        login: Rows of the login source, if there is one.
        rules: Which columns name the same person, tried in order.
        set_aside: Identifying values of quarantined rows, folded: a login that has one of them
            belongs to somebody who is there, and is no finding.

    Returns:
        One row for each row of the employment source. A login that no rule gives to somebody, or
        to one of several, is a finding; it is never guessed.
    """
    rows = employment.rows.reset_index(drop=True)
    source = Source(employment.name, rows, employment.contract)
    key = source.column(employment.contract.key, "key")
    columns: dict[str, pd.Series] = {WORKER_KEY: key.astype("str"), STATE: rows[STATE]}
    columns |= {"presence": rows[PRESENCE], "reason": rows[REASON]}
    columns |= _prefixed(source)
    findings: list[Finding] = []
    ambiguous = pd.Series(False, index=rows.index)
    matched: Source | None = None
    if login is not None:
        position, ambiguous, findings = _match(source, login, rules, set_aside)
        matched = Source(login.name, _take(login.rows, position), login.contract)
        columns |= _prefixed(matched)
        findings += _disagreements(columns[WORKER_KEY], rows[STATE], matched.rows[STATE])
    columns |= _fields(source, matched)
    workers = WORKERS.check(pd.DataFrame(columns))
    return Merged(workers, ambiguous, tuple(findings), _identifying(source, matched, rules))


def _identifying(
    employment: Source, login: Source | None, rules: Sequence[MergeRule]
) -> tuple[str, ...]:
    """Columns of an identifying meaning, and those that the sources are merged by."""
    names: dict[str, None] = {}
    for source in (employment, login):
        if source is not None:
            meanings = {str(field): name for field, name in source.contract.meanings.items()}
            own = [meanings[field] for field in IDENTIFYING if field in meanings]
            merging = [rule.employment if source is employment else rule.login for rule in rules]
            own += [meanings.get(name, name) for name in merging]
            names |= dict.fromkeys(f"{source.name}.{name}" for name in own)
    return tuple(names)


def _prefixed(source: Source) -> dict[str, pd.Series]:
    """Every column of a source under `SOURCE.COLUMN`, and the contract's that the file lacks."""
    own = {c.name for c in source.contract.columns} - set(source.rows.columns)
    hidden = {STATE, PRESENCE, REASON, FIRST_DAY}
    present = {f"{source.name}.{c}": source.rows[c] for c in source.rows.columns if c not in hidden}
    missing = pd.Series(None, index=source.rows.index, dtype="str")
    return present | {f"{source.name}.{c}": missing for c in sorted(own)}


def _fields(employment: Source, login: Source | None) -> dict[str, pd.Series]:
    """The worker fields, each from the source that is believed about it."""
    fields: dict[str, pd.Series] = {}
    for field in WorkerField:
        order = [employment, login]
        if field in LOGIN_FIELDS:
            order.reverse()
        for source in order:
            if source is not None and field in source.contract.meanings:
                fields[str(field)] = source.column(str(field), "merge")
                break
    return fields


def _match(
    employment: Source, login: Source, rules: Sequence[MergeRule], set_aside: frozenset[str]
) -> tuple[pd.Series, pd.Series, list[Finding]]:
    """For each worker the position of their login row (-1: none), tried rule by rule."""
    position = pd.Series(-1, index=employment.rows.index, dtype="int64")
    ambiguous = pd.Series(False, index=employment.rows.index)
    taken = pd.Series(False, index=range(len(login.rows)))
    for index, rule in enumerate(rules):
        used_by = f"merge.{index}"
        ours = folded(employment.column(rule.employment, used_by))
        theirs = folded(login.column(rule.login, used_by)).reset_index(drop=True)
        ours = ours.where((position < 0) & ~ambiguous)
        theirs = theirs.where(~taken)
        doubtful = repeated(ours) | is_in(ours, theirs[repeated(theirs)])
        doubtful &= is_in(ours, theirs)
        ambiguous |= doubtful
        single = theirs.dropna().drop_duplicates(keep=False)
        where = pd.Series(single.index, index=single.to_numpy())
        found = ours.where(~doubtful).map(where)
        position = position.where(found.isna(), found.fillna(-1).astype("int64"))
        taken[position[position >= 0].to_numpy()] = True
        # a login in dispute is not given to a third person by a weaker rule
        taken |= is_in(theirs, ours[doubtful])
    keys = employment.column(employment.contract.key, "key")
    findings = [
        Finding(
            code="login-ambiguous",
            severity=FindingSeverity.CRITICAL,
            subject=str(worker),
            message=f"several people or several rows of {login.name} share what merges them",
            hint=f"tell them apart in {employment.name} or {login.name}; until then this person "
            "keeps what they have",
        )
        for worker in keys[ambiguous]
    ]
    nobody = (position < 0) & ~ambiguous & (employment.rows[STATE] != WorkerState.LEAVER)
    return (
        position,
        ambiguous,
        findings
        + _unmatched(employment, login, keys[nobody], taken | _is_set_aside(login, set_aside)),
    )


def _is_set_aside(login: Source, set_aside: frozenset[str]) -> pd.Series:
    """Logins, by position, of people whose row in the other source is quarantined."""
    meanings = login.contract.meanings
    mask = pd.Series(False, index=range(len(login.rows)))
    for column in {meanings[field] for field in IDENTIFYING if field in meanings}:
        mask |= is_in(folded(login.column(column, "merge")), set_aside).to_numpy()
    return mask


def _unmatched(
    employment: Source, login: Source, without: pd.Series, taken: pd.Series
) -> list[Finding]:
    """Logins that belong to nobody employed, and people employed without a login."""
    lines = login.rows[LINE].reset_index(drop=True)
    gone = is_in(login.rows[STATE], _GONE).reset_index(drop=True)
    findings = [
        Finding(
            code="login-without-worker",
            severity=FindingSeverity.INFO,
            subject=f"{login.name}:{line}",
            message=f"line {line} of {login.name} belongs to nobody in {employment.name}",
            hint="a contractor, a service account or a leaver whose row is gone: nothing is done",
        )
        for line in lines[~taken & ~gone]
    ]
    return findings + [
        Finding(
            code="worker-without-login",
            severity=FindingSeverity.INFO,
            subject=str(worker),
            message=f"no row of {login.name} belongs to this worker of {employment.name}",
        )
        for worker in without
    ]


def _disagreements(keys: pd.Series, employed: pd.Series, login: pd.Series) -> list[Finding]:
    """HR is believed; that the IdP says otherwise is worth knowing."""
    left = employed == WorkerState.LEAVER
    disabled = is_in(login, _GONE)
    still_on = left & (login == WorkerState.ACTIVE)
    switched_off = (employed == WorkerState.ACTIVE) & disabled
    texts = (
        (still_on, "left-but-login-active", "has left, and the login is still active"),
        (switched_off, "employed-but-login-disabled", "is employed, and the login is disabled"),
    )
    return [
        Finding(
            code=code,
            severity=FindingSeverity.WARNING,
            subject=str(worker),
            message=f"the worker {text}; the employment source is believed",
            hint="correct the source that is behind",
        )
        for mask, code, text in texts
        for worker in keys[mask]
    ]


def _take(rows: pd.DataFrame, position: pd.Series) -> pd.DataFrame:
    """The login rows in the workers' order; missing values where there is none."""
    found = rows.reset_index(drop=True).reindex(position.where(position >= 0, -1).to_numpy())
    found.index = position.index
    found[LINE] = found[LINE].fillna(0).astype("int64")
    return found
