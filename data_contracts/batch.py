"""One delivery of one export: as it was read, and what its contract says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_contracts.contract_change import ExportChange
from data_contracts.words import BatchVerdict, Severity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row that could not be taken apart: too few or too many fields, broken JSON.

    Attributes:
        line: Line in the file, from 1 (the header of a CSV is line 1).
        reason: What was expected and what came; no cell's text.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """An export as read: every cell as text, nothing guessed.

    Attributes:
        source: Name of the source in scimflow.yaml.
        path: The file that was read, seen from scimflow.yaml where it lies below it.
        digest: `sha256:` of the file's bytes.
        header: The columns' names as the file has them.
        frame: One text column per contract column that the file has (by contract name, aliases
            resolved), one per unknown column (by its own name), and `_line`; a fresh RangeIndex.
        malformed: Rows that are not in the frame.
        rows_read: Rows of the file without the header: frame and malformed together.
        warnings: What was noticed on reading and did no harm, in words.
        written_at: When the file was last written, aware; None when nothing tells.
        absent: Why there is no delivery at all, in words; "" where there is one.
    """

    source: str
    path: str
    digest: str
    header: tuple[str, ...]
    frame: pd.DataFrame
    malformed: tuple[MalformedRow, ...] = ()
    rows_read: int = 0
    warnings: tuple[str, ...] = ()
    written_at: datetime | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule found in one batch.

    Attributes:
        rule_id: The rule's id in the contract.
        severity: What a breach leads to.
        columns: The columns that it looks at.
        description: The rule in words.
        failing: Rows (or, for a rule about the whole batch, 1) that break it; 0 when it holds.
        lines: Lines of the first failing rows, in order, at most `LINES_SHOWN`.
    """

    rule_id: str
    severity: Severity
    columns: tuple[str, ...]
    description: str
    failing: int
    lines: tuple[int, ...] = ()


LINES_SHOWN = 20
"""Enough to find the cause by hand; the quarantine file has all of them."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that is set aside, and why.

    Attributes:
        source: Name of the source.
        line: Line in the file, from 1.
        rule_ids: The rules that it breaks, in the contract's order; `malformed` for a row that
            could not be taken apart.
        reasons: The same in words, without the row's values.
        worker_key: The row's key value, when it has one.
        identities: Further identifying values of the row (e-mail, login, external id), so that
            whose row this is can be kept from being provisioned or deprovisioned.
        names: The forms of the person's name, as `person_names.name_forms` writes them: somebody
            else may have the same.
    """

    source: str
    line: int
    rule_ids: tuple[str, ...]
    reasons: tuple[str, ...]
    worker_key: str | None
    identities: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractReport:
    """The outcome of holding one batch against its contract.

    Attributes:
        source: Name of the source.
        path: The file, likewise.
        digest: The file's digest.
        contract: Name of the contract.
        contract_version: Its version.
        verdict: Accepted, accepted with quarantine, or refused.
        rows_read: Rows of the file; always accepted + quarantined.
        rows_accepted: Rows that go on; 0 when refused.
        rules: One result for each rule, in the contract's order.
        quarantined: The rows set aside, by line.
        refusals: Why the batch is refused, in words; empty unless it is.
        warnings: What was noticed and did no harm, in words.
        unverified: What of the contract nobody has seen or found documented, in words.
        changes: How the export as a whole breaks with the contract: columns gone, statuses new.
        corrections: Digest of the corrections that the batch was read with; "" for none.
        corrected: Lines of those corrections.
        remedy: What to write into the contract to allow those changes, ready to be completed.
        absent: Why there is no delivery at all, in words; refused then. "" where there is one.
    """

    source: str
    path: str
    digest: str
    contract: str
    contract_version: str
    verdict: BatchVerdict
    rows_read: int
    rows_accepted: int
    rules: tuple[RuleResult, ...]
    quarantined: tuple[QuarantinedRow, ...]
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    changes: tuple[ExportChange, ...] = ()
    remedy: str = ""
    corrections: str = ""
    corrected: tuple[int, ...] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """The rows that go on, with the report about all of them.

    Attributes:
        report: What the contract says.
        accepted: Frame `frames.ACCEPTED`; empty when the batch is refused.
        complete_roster: Whether absence from this batch means that somebody left.
    """

    report: ContractReport
    accepted: pd.DataFrame
    complete_roster: bool
