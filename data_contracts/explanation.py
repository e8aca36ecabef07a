"""Why one person's account is as it is: from the rows of the exports to the last verified write."""

from dataclasses import dataclass
from datetime import datetime

from data_contracts.finding import Finding
from data_contracts.outcome import HistoryEntry
from data_contracts.plan import Operation
from data_contracts.words import CorrelationKey, Presence, Severity, WorkerState


@dataclass(frozen=True, slots=True)
class RowResult:
    """What one rule says of one row.

    Attributes:
        rule_id: The rule's id in the contract.
        severity: What a breach leads to.
        description: The rule in words.
        holds: Whether the row keeps to it.
    """

    rule_id: str
    severity: Severity
    description: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """A row of an export that is about the person.

    Attributes:
        source: Name of the source.
        path: The file.
        line: Line in the file, from 1.
        contract: Name and version of the contract that it was held against.
        quarantined: Whether the row was set aside.
        results: One result for each rule that looks at single rows.
    """

    source: str
    path: str
    line: int
    contract: str
    quarantined: bool = False
    results: tuple[RowResult, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedAttribute:
    """What the mapping makes of the person for one attribute.

    Attributes:
        path: The attribute's path.
        expression: Where the value comes from, as scimflow.yaml says it (`column email; lower`).
        value: The value; None leaves the attribute alone, empty text clears it.
    """

    path: str
    expression: str
    value: str | None


@dataclass(frozen=True, slots=True)
class CurrentLink:
    """The ledger's word on which account is the person's.

    Attributes:
        account_id: SCIM id.
        user_name: The account's login when it was last seen.
        external_id: The IdP's id on the account, if it carries one.
        correlated_by: What the two were first matched by, where that is known.
        since: When the link was made (UTC), where that is known.
    """

    account_id: str
    user_name: str
    external_id: str | None = None
    correlated_by: CorrelationKey | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known about one person, in the order in which it came about.

    Attributes:
        worker_key: The person.
        target: Name of the target.
        as_of: ISO date that the state was worked out for.
        user_name: Login that the mapping gives, if any.
        rows: The rows that the person comes from; empty for somebody in no export.
        state: What the exports say; None for somebody in no export.
        presence: What the target should hold.
        reason: Why, as a code.
        in_scope: Whether the scoping filter takes the person in.
        scope: What the scoping filter says, in words.
        mapping: One entry for each mapped attribute.
        role: The role, if one is given.
        role_rule: The rule that gave it, in words.
        link: The account that the ledger links, if any.
        operation: What a plan made now would do; None when nothing is to be done.
        findings: What is open about the person.
        history: What was done, oldest first, with the requests it took.
    """

    worker_key: str
    target: str
    as_of: str
    user_name: str | None = None
    rows: tuple[ExplainedRow, ...] = ()
    state: WorkerState | None = None
    presence: Presence | None = None
    reason: str = ""
    in_scope: bool | None = None
    scope: str = ""
    mapping: tuple[MappedAttribute, ...] = ()
    role: str | None = None
    role_rule: str = ""
    link: CurrentLink | None = None
    operation: Operation | None = None
    findings: tuple[Finding, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
