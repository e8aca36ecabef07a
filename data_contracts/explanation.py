"""Why one person has what they have: the way from the rows to the target, and all that was done."""

from dataclasses import dataclass

from data_contracts.finding import Finding
from data_contracts.outcome import HistoryEntry


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """A row of an export that is about the person.

    Attributes:
        source: Name of the source.
        path: The file.
        line: Line in the file.
        contract: Contract and version that it was held against.
        verdict: `accepted` or `quarantined`.
        reasons: Why it is quarantined, in words; warnings when it is accepted.
    """

    source: str
    path: str
    line: int
    contract: str
    verdict: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedAttribute:
    """One attribute of the SCIM User, and where it comes from.

    Attributes:
        path: The attribute.
        origin: The mapping's words: `email | trim | lower`, `"text"`, `{given_name} ...`.
        value: What it comes to; None when it is left alone, "" when it is cleared.
        when: `always` or `create`.
        refers_to: Worker key of the person whose account's id the value will be; the value itself
            is known to the target alone, and None here. "" for other attributes.
    """

    path: str
    origin: str
    value: str | None
    when: str
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedTeam:
    """A team that the person belongs to by the sources.

    Attributes:
        key: The source's value.
        name: What the team is called at the target.
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one person.

    Attributes:
        person: As asked for.
        worker_key: Whose key that is; None when only the ledger knows the person. Of somebody who
            has another key now: the present one.
        former_key: The worker key that the person had before, by the exports at hand; "" for none.
        rows: The rows about the person in the exports at hand.
        state: Lifecycle state on the day; "" when no accepted row is about the person.
        presence: What the target should hold.
        reason: Why, as a code.
        in_scope: Whether the scoping filter admits the person; None when not known.
        attributes: What the mapping makes of the row.
        role: The role, and what decided it.
        role_rule: The settings' path of the rule that gave the role.
        role_condition: That rule in words; "" for the default.
        teams: Teams that the person belongs to; None where nothing is said of that: without a
            `teams` section, or with an empty cell that changes nothing.
        account_id: The account that the ledger links; None when there is none.
        findings: What was noticed about the person.
        history: All that was done, over all runs, the oldest first.
        problem: Why the exports could not be read, when they could not; "" otherwise.
    """

    person: str
    worker_key: str | None
    rows: tuple[ExplainedRow, ...]
    former_key: str = ""
    state: str = ""
    presence: str = ""
    reason: str = ""
    in_scope: bool | None = None
    attributes: tuple[ExplainedAttribute, ...] = ()
    role: str | None = None
    role_rule: str = ""
    role_condition: str = ""
    teams: tuple[ExplainedTeam, ...] | None = None
    account_id: str | None = None
    findings: tuple[Finding, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    problem: str = ""
