"""What sources say that decide about nobody: a phone book, badges, seats.

In: one row a person, and the rows of such a source. Out: its columns beside the people, a mask of
those about whom it says nothing certain, and findings. Their attributes are left as they are:
neither cleared nor taken from another column.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from data_contracts.batch import ContractReport
from data_contracts.finding import Finding
from data_contracts.frames import LINE, STATE, UNSURE
from data_contracts.words import BatchVerdict, FindingSeverity, WorkerState
from tasks.transform.matching import Matches, MergeColumns, Source, match_rows


@dataclass(frozen=True, slots=True)
class Contribution:
    """One source's columns beside the people.

    Attributes:
        columns: `SOURCE.COLUMN`, `SOURCE._line` (0: no row) and `SOURCE._unsure`.
        ambiguous: Mask of people whose row could not be told.
        findings: Where the source does not fit to the people.
    """

    columns: dict[str, pd.Series]
    ambiguous: pd.Series
    findings: tuple[Finding, ...]


def contribute(
    people: Source, other: Source, rules: MergeColumns, report: ContractReport
) -> Contribution:
    """Put a source's columns beside the people.

    Args:
        people: One row a person, with their state.
        other: The source; without rows where its delivery is refused.
        rules: Which columns name the same person, tried in order.
        report: What the contract says of the delivery.
    """
    matches = match_rows(people, other, rules)
    # any of those without a row may be the one whose row is set aside
    unsure = matches.ambiguous | (matches.without & bool(report.quarantined))
    if report.verdict is BatchVerdict.REFUSED:
        unsure[:] = True
    columns = other.take(matches.position).prefixed()
    columns[f"{other.name}.{UNSURE}"] = unsure
    findings = tuple(_findings(people, other, matches, report))
    return Contribution(columns, matches.ambiguous, findings)


def _findings(
    people: Source, other: Source, matches: Matches, report: ContractReport
) -> Iterator[Finding]:
    if report.absent:
        yield Finding(
            code="source-missing",
            severity=FindingSeverity.WARNING,
            subject=other.name,
            message=f"{report.absent}: attributes that come from it are left as they are",
            hint="find out why there is no export; `scimflow check` reads it again",
        )
        return
    if report.verdict is BatchVerdict.REFUSED:
        yield Finding(
            code="source-refused",
            severity=FindingSeverity.WARNING,
            subject=other.name,
            message="refused by its contract: attributes that come from it are left as they are",
            hint="`scimflow check` says why; correct the export",
        )
        return
    if report.quarantined:
        yield Finding(
            code="source-quarantined",
            severity=FindingSeverity.WARNING,
            subject=other.name,
            message=f"{len(report.quarantined):,} rows are quarantined: people without another row "
            "in it keep the attributes that come from it",
            hint="correct the rows, or send them through `scimflow quarantine`",
        )
    keys = people.column(people.contract.key, "key")
    for worker in keys[matches.ambiguous]:
        yield Finding(
            code="row-ambiguous",
            severity=FindingSeverity.WARNING,
            subject=str(worker),
            message=f"several people or several rows of {other.name} share what merges them: "
            "attributes that come from it are left as they are",
            hint=f"tell them apart in {people.name} or {other.name}",
        )
    lines = other.rows[LINE].reset_index(drop=True)[~matches.taken]
    if len(lines):
        yield Finding(
            code="rows-without-worker",
            severity=FindingSeverity.INFO,
            subject=other.name,
            message=f"{len(lines):,} rows belong to nobody in {people.name} (the first on line "
            f"{int(lines.min())}): nothing is done about them",
        )
    without = int((matches.without & (people.rows[STATE] != WorkerState.LEAVER)).sum())
    if without:
        yield Finding(
            code="workers-without-row",
            severity=FindingSeverity.INFO,
            subject=other.name,
            message=f"{without:,} workers of {people.name} have no row in it",
        )
