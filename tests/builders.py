"""Small worlds for tests of the pure core: settings, exports, accounts, links, and their plan.

Everything is written as a test reads best: settings as a YAML snippet over working defaults, rows
and accounts as dicts that name only what matters.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import yaml

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch, ContractReport, QuarantinedRow
from data_contracts.configuration import Configuration, load_configuration
from data_contracts.dates import ISO, DateReading
from data_contracts.desired import DesiredPeople
from data_contracts.export_contract import (
    ContractColumn,
    ExportContract,
    ReaderSettings,
    WorkerField,
)
from data_contracts.frames import ACCEPTED, ACCOUNTS, LINE, LINKS, STATE
from data_contracts.odcs.dates import read_date_format
from data_contracts.plan import Operation, Plan, SourceBasis
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import Team, TeamInputs, TeamLink, TeamSnapshot
from data_contracts.words import BatchVerdict, OperationKind
from data_contracts.yaml_lines import parse_yaml
from tasks.plan.make import PlanInputs, make_plan
from tasks.transform.people import CheckedBatches, build_desired

WORK_EMAIL = 'emails[type eq "work"].value'
ROLE = "roles[primary eq true].value"
TODAY = "2026-03-02"

SETTINGS = """
sources:
  hr: {contract: hr, path: hr.csv}
mapping:
  userName: {column: email, apply: [trim, lower]}
  externalId: external_id
  name.givenName: given_name
  emails[type eq "work"].value: email
  title: title
target:
  name: acme
  base_url: http://127.0.0.1:1/scim/v2
  auth: {token_env: TOKEN}
"""
"""Working settings with one source; `settings` lays a snippet over them."""

TWO_SOURCES = """
sources:
  idp: {contract: idp, path: idp.csv, authority: login}
merge:
- {employment: employee_number, login: employee_number}
- {employment: email, login: email}
"""
"""A snippet that brings the login source in."""

BADGES_SOURCE = """
sources:
  badges: {contract: badges, path: badges.csv, authority: attributes}
merge: %s
"""
"""A snippet that brings in a source that gives attributes alone."""

BADGE_RULES = [{"employment": "employee_number", "source": "badges", "column": "person"}]
LOGIN_RULES = parse_yaml(TWO_SOURCES, "TWO_SOURCES")[0]["merge"]

HR_COLUMNS: dict[str, WorkerField | None] = {
    "id": WorkerField.WORKER_ID,
    "number": WorkerField.EMPLOYEE_NUMBER,
    "ext": WorkerField.EXTERNAL_ID,
    "email": WorkerField.EMAIL,
    "given": WorkerField.GIVEN_NAME,
    "family": WorkerField.FAMILY_NAME,
    "title": WorkerField.TITLE,
    "dept": WorkerField.DEPARTMENT,
    "type": WorkerField.EMPLOYEE_TYPE,
    "hire": WorkerField.HIRE_DATE,
    "again": WorkerField.REHIRE_DATE,
    "last": WorkerField.LAST_DAY,
    "back": WorkerField.LEAVE_END,
    "zone": WorkerField.TIME_ZONE,
    "boss": WorkerField.MANAGER,
    "extra": None,
}

IDP_COLUMNS: dict[str, WorkerField | None] = {
    "uid": WorkerField.EXTERNAL_ID,
    "login": WorkerField.USER_NAME,
    "mail": WorkerField.EMAIL,
    "number": WorkerField.EMPLOYEE_NUMBER,
}

BADGE_COLUMNS: dict[str, WorkerField | None] = {
    "badge": WorkerField.WORKER_ID,
    "person": WorkerField.EMPLOYEE_NUMBER,
    "room": None,
    "title": WorkerField.TITLE,
}

Row = Mapping[str, Any]


@cache
def settings(*snippets: str) -> Configuration:
    """Settings from snippets of YAML, each laid over the one before.

    Sections are merged; `null` takes a key out.
    """
    data, _ = parse_yaml(SETTINGS, "SETTINGS")
    for text in snippets:
        data = _laid_over(data, parse_yaml(text, "snippet")[0] or {})
    return load_configuration(yaml.safe_dump(data, sort_keys=False), origin="scimflow.yaml")


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    merged = {k: _laid_over(below[k], v) if k in below else v for k, v in above.items()}
    return {k: v for k, v in {**below, **merged}.items() if v is not None}


def contract(
    columns: Mapping[str, WorkerField | None],
    *,
    name: str = "hr",
    key: str = "id",
    date_format: str | None = None,
    one_row_per: str = "person",
) -> ExportContract:
    """A contract with these columns; dates as ISO unless said otherwise."""
    days = (WorkerField.HIRE_DATE, WorkerField.REHIRE_DATE, WorkerField.LAST_DAY)
    dates = DateReading((read_date_format(date_format),)) if date_format else ISO
    return ExportContract(
        name=name,
        version="1.0.0",
        description="",
        reader=ReaderSettings(),
        columns=tuple(
            ContractColumn(
                column,
                meaning=meaning,
                logical_type="date" if meaning in days else "string",
                dates=dates if meaning in days else None,
            )
            for column, meaning in columns.items()
        ),
        rules=(),
        status=None,
        key=key,
        one_row_per=one_row_per,
        meanings={meaning: c for c, meaning in columns.items() if meaning is not None},
    )


HR = contract(HR_COLUMNS)
IDP = contract(IDP_COLUMNS, name="idp", key="uid")
BADGES = contract(BADGE_COLUMNS, name="badges", key="badge")


def accepted(rows: Sequence[Row], of: ExportContract = HR) -> pd.DataFrame:
    """A frame of accepted rows: all of the contract's columns, active, from line 2 by default."""
    columns: dict[str, Any] = {
        column.name: pd.Series([row.get(column.name) for row in rows], dtype="str")
        for column in of.columns
    }
    lines = pd.Series([row.get(LINE, i) for i, row in enumerate(rows, 2)], dtype="int64")
    states = pd.Series([row.get(STATE, "active") for row in rows], dtype="str")
    return ACCEPTED.check(pd.DataFrame({LINE: lines, STATE: states, **columns}))


def quarantined(
    key: str | None, *identities: str, source: str = "hr", line: int = 99
) -> QuarantinedRow:
    """A row that was set aside."""
    return QuarantinedRow(source, line, ("rule",), ("a reason",), key, identities)


def batch(
    source: str,
    frame: pd.DataFrame,
    quarantine: Sequence[QuarantinedRow] = (),
    *,
    complete_roster: bool = True,
    verdict: BatchVerdict = BatchVerdict.ACCEPTED,
) -> CheckedBatch:
    """A checked batch of these rows."""
    report = ContractReport(
        source=source,
        path=f"{source}.csv",
        digest="sha256:0",
        contract=source,
        contract_version="1.0.0",
        verdict=verdict,
        rows_read=len(frame) + len(quarantine),
        rows_accepted=len(frame),
        rules=(),
        quarantined=tuple(quarantine),
    )
    return CheckedBatch(report, frame, complete_roster)


def accounts(rows: Sequence[Row], paths: Iterable[str]) -> pd.DataFrame:
    """A frame of accounts from flat users: `id`, `active` (true by default) and values by path."""
    texts: dict[str, Any] = {"account_id": [row["id"] for row in rows]}
    texts["user_name"] = [row.get("userName") for row in rows]
    texts["external_id"] = [row.get("externalId") for row in rows]
    texts["email"] = [row.get("email", row.get(WORK_EMAIL)) for row in rows]
    texts["version"] = [row.get("version") for row in rows]
    for path in dict.fromkeys(paths):
        texts[path] = [row.get(path) for row in rows]
    columns: dict[str, Any] = {name: pd.Series(v, dtype="str") for name, v in texts.items()}
    columns["active"] = pd.Series([row.get("active", True) for row in rows], dtype="bool")
    return ACCOUNTS.check(pd.DataFrame(columns))


def links(pairs: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """A frame of account links: worker key, account id."""
    each = list(pairs)
    return LINKS.check(
        pd.DataFrame(
            {
                "worker_key": pd.Series([worker for worker, _ in each], dtype="str"),
                "account_id": pd.Series([account for _, account in each], dtype="str"),
                "user_name": pd.Series([None] * len(each), dtype="str"),
                "external_id": pd.Series([None] * len(each), dtype="str"),
            }
        )
    )


@dataclass
class World:
    """Both sides and the ledger, as a plan is made from them.

    Attributes:
        hr: Rows of the employment source, by the columns of `HR_COLUMNS`, with `_state`.
        idp: Rows of the login source; None when there is none.
        badges: Rows of a source that gives attributes alone; None when there is none.
        badges_verdict: What its contract says.
        accounts: Flat users at the target.
        links: Worker key and account id.
        conf: Snippets over `SETTINGS`.
        as_of: The day, or more.
        held: Quarantined rows of either source.
        complete_roster: What the employment export says of itself.
        complete_read: Whether all accounts were read.
        deactivated_by_us: Worker keys.
        previous_rows: Rows of the delivery before, by source.
        hr_contract: The employment source's contract.
        teams: Teams at the target.
        team_links: Team key and team id.
        teams_read: How the teams were read.
        kinds: The kinds of operations that are planned; None for all.
    """

    hr: Sequence[Row] = ()
    idp: Sequence[Row] | None = None
    badges: Sequence[Row] | None = None
    badges_verdict: BatchVerdict = BatchVerdict.ACCEPTED
    accounts: Sequence[Row] = ()
    links: Sequence[tuple[str, str]] = ()
    conf: str | Sequence[str] = ""
    as_of: str | AsOf = TODAY
    held: Sequence[QuarantinedRow] = ()
    complete_roster: bool = True
    complete_read: bool = True
    deactivated_by_us: Iterable[str] = ()
    previous_rows: Mapping[str, int] = field(default_factory=dict)
    hr_contract: ExportContract = field(default=HR, repr=False)
    teams: Sequence[Team] = ()
    team_links: Sequence[tuple[str, str]] = ()
    teams_read: TeamSnapshot = field(default_factory=TeamSnapshot)
    kinds: frozenset[OperationKind] | None = None

    @property
    def settings(self) -> Configuration:
        """The settings of this world."""
        snippets = [self.conf] if isinstance(self.conf, str) else list(self.conf)
        sources = [TWO_SOURCES] if self.idp is not None else []
        if self.badges is not None:
            rules = [*(LOGIN_RULES if sources else []), *BADGE_RULES]
            sources.append(BADGES_SOURCE % yaml.safe_dump(rules, default_flow_style=True).strip())
        return settings(*sources, *snippets)

    @property
    def day(self) -> AsOf:
        """The day of this world."""
        return AsOf.parse(self.as_of) if isinstance(self.as_of, str) else self.as_of

    @property
    def batches(self) -> CheckedBatches:
        """The checked batches."""
        held = {
            name: [q for q in self.held if q.source == name] for name in ("hr", "idp", "badges")
        }
        frame = accepted(self.hr, self.hr_contract)
        hr = batch("hr", frame, held["hr"], complete_roster=self.complete_roster)
        batches = {"hr": (hr, self.hr_contract)}
        if self.idp is not None:
            batches["idp"] = (batch("idp", accepted(self.idp, IDP), held["idp"]), IDP)
        if self.badges is not None:
            frame = accepted(self.badges, BADGES)
            checked = batch("badges", frame, held["badges"], verdict=self.badges_verdict)
            batches["badges"] = (checked, BADGES)
        return batches

    def people(self) -> DesiredPeople:
        """Carry out transform."""
        return build_desired(self.batches, self.settings, self.day)

    def inputs(self) -> PlanInputs:
        """Everything that the plan is made from."""
        batches, conf = self.batches, self.settings
        people = build_desired(batches, conf, self.day)
        shown = accounts(self.accounts, [*people.paths, conf.role_path])
        return PlanInputs(
            people=people,
            snapshot=TargetSnapshot("acme", shown, self.complete_read),
            links=links(self.links),
            deactivated_by_us=frozenset(self.deactivated_by_us),
            sources={
                name: SourceBasis(
                    path=f"{name}.csv",
                    digest="sha256:0",
                    contract=name,
                    contract_version="1.0.0",
                    rows=checked.report.rows_read,
                    accepted=checked.report.rows_accepted,
                )
                for name, (checked, _) in batches.items()
            },
            previous_rows=self.previous_rows,
            kinds=self.kinds,
            teams=self._teams(people),
        )

    def _teams(self, people: DesiredPeople) -> TeamInputs | None:
        if people.teams is None:
            return None
        links = tuple(TeamLink(key, team_id, key) for key, team_id in self.team_links)
        return TeamInputs(people.teams, replace(self.teams_read, teams=tuple(self.teams)), links)

    def plan(self) -> Plan:
        """Carry out transform and plan."""
        return make_plan(self.inputs(), self.settings, self.day)


def presence(world: World) -> dict[str, tuple[str, str]]:
    """Presence and reason by worker key, as transform sees them."""
    frame = world.people().frame
    pairs = zip(frame["presence"], frame["reason"], strict=True)
    return dict(zip(frame["worker_key"], pairs, strict=True))


def what(plan: Plan) -> dict[str, str]:
    """Kind of operation by worker key."""
    return {o.worker_key: str(o.kind) for o in plan.operations}


def operation(plan: Plan, worker: str) -> Operation:
    """The one operation for this worker."""
    (found,) = [o for o in plan.operations if o.worker_key == worker]
    return found


def codes(plan_or_people: Plan | DesiredPeople) -> dict[str, set[str]]:
    """Codes of findings by subject."""
    found: dict[str, set[str]] = {}
    for finding in plan_or_people.findings:
        found.setdefault(finding.subject, set()).add(finding.code)
    return found


def verdict(plan: Plan, name: str) -> str:
    """What one guardrail says."""
    (found,) = [g for g in plan.guardrails if g.name == name]
    return str(found.verdict)


def day(text: str) -> date:
    """A date from ISO."""
    return date.fromisoformat(text)


__all__ = [
    "HR", "HR_COLUMNS", "IDP", "ROLE", "SETTINGS", "TODAY", "TWO_SOURCES", "WORK_EMAIL",
    "OperationKind", "World", "accepted", "accounts", "batch", "codes", "contract", "day", "links",
    "operation", "presence", "quarantined", "settings", "verdict", "what",
]  # fmt: skip
