"""From the sources' rows to people: HR is the authority for employment, the IdP for the login.

In: one judged row a person from the employment source, the accepted rows of the login source. Out:
one row a person with every source's columns, and findings where the sources do not fit together.
"""

from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in
from data_contracts.export_contract import IDENTIFYING, WorkerField
from data_contracts.finding import Finding
from data_contracts.frames import LINE, STATE, WORKER_KEY, WORKERS
from data_contracts.words import FindingSeverity, WorkerState
from tasks.transform.lifecycle import PRESENCE, REASON
from tasks.transform.matching import Matches, MergeColumns, Source, match_rows

LOGIN_FIELDS = frozenset({WorkerField.EXTERNAL_ID, WorkerField.USER_NAME})
"""What the login source is believed about; all else is taken from the employment source first."""

_GONE = frozenset({WorkerState.LEAVER, WorkerState.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Merged:
    """People with all their sources' columns.

    Attributes:
        workers: Frame `frames.WORKERS`, with `presence` and `reason`.
        ambiguous: Mask over the workers: the login could not be told, a person decides.
        uncertain: Mask over the workers: which row of a source that decides about access or teams
            is theirs could not be told.
        findings: Where the sources do not fit together.
        identifying: The workers' columns that tell people apart, as either source has them.
    """

    workers: pd.DataFrame
    ambiguous: pd.Series
    uncertain: pd.Series
    findings: tuple[Finding, ...]
    identifying: tuple[str, ...]


def merge_sources(
    employment: Source,
    login: Source | None,
    rules: MergeColumns,
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
    columns |= source.prefixed()
    findings: list[Finding] = []
    ambiguous = pd.Series(False, index=rows.index)
    matched: Source | None = None
    if login is not None:
        matches = match_rows(source, login, rules)
        ambiguous = matches.ambiguous
        findings = _about_logins(source, login, matches, set_aside)
        matched = login.take(matches.position)
        columns |= matched.prefixed()
        findings += _disagreements(columns[WORKER_KEY], rows[STATE], matched.rows[STATE])
    columns |= _fields(source, matched)
    workers = WORKERS.check(pd.DataFrame(columns))
    uncertain = pd.Series(False, index=rows.index)
    known = _identifying(source, matched, rules)
    return Merged(workers, ambiguous, uncertain, tuple(findings), known)


def _identifying(employment: Source, login: Source | None, rules: MergeColumns) -> tuple[str, ...]:
    """Columns of an identifying meaning, and those that the sources are merged by."""
    names: dict[str, None] = {}
    for source in (employment, login):
        if source is not None:
            meanings = source.contract.meanings
            own = [meanings[field] for field in IDENTIFYING if field in meanings]
            own += [source.own_name(r[1] if source is employment else r[2]) for r in rules]
            names |= dict.fromkeys(f"{source.name}.{name}" for name in own)
    return tuple(names)


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


def _about_logins(
    employment: Source, login: Source, matches: Matches, set_aside: frozenset[str]
) -> list[Finding]:
    """Logins that could not be told, that belong to nobody, and people without one."""
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
        for worker in keys[matches.ambiguous]
    ]
    nobody = matches.without & (employment.rows[STATE] != WorkerState.LEAVER)
    known = matches.taken | _is_set_aside(login, set_aside)
    return findings + _unmatched(employment, login, keys[nobody], known)


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
