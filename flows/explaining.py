"""Why a person has what they have: worked out from the exports at hand and read from the ledger."""

from dataclasses import replace

import pandas as pd

from data_contracts.batch import QuarantinedRow
from data_contracts.columns import folded, is_in
from data_contracts.configuration import AttributeRule, Configuration, TeamRules
from data_contracts.errors import ScimflowError
from data_contracts.explanation import (
    ExplainedAttribute,
    ExplainedRow,
    ExplainedTeam,
    Explanation,
)
from data_contracts.frames import WORKER_KEY
from data_contracts.outcome import HistoryEntry
from data_contracts.scim.paths import parse_path
from data_contracts.teams import TEAM_KEY, DesiredTeams
from flows.pipeline import CheckedSources, Preparation, check_sources
from tasks.transform.people import Derived, derive

HISTORY_LIMIT = 1000
"""Lines of history that one explanation shows at most; `scimflow history` has more."""

IDENTIFYING = ("worker_id", "employee_number", "external_id", "user_name", "email")


async def explain(preparation: Preparation, person: str) -> Explanation:
    """Tell everything about one person. Contacts no target, writes nothing.

    Args:
        preparation: Settings, plain stages, a ledger to read.
        person: Worker key, userName, e-mail address, externalId or account id.

    Returns:
        The explanation; `problem` says why the exports say nothing, when they cannot be read.
    """
    ledger, target = preparation.ledger, preparation.project.settings.target.name
    history = tuple(ledger.history(target, person=person, limit=HISTORY_LIMIT))
    links = ledger.links(target)
    problem, sources, derived = "", None, None
    try:
        sources = await check_sources(preparation)
        sources.require_accepted()
        derived = derive(sources.checked, preparation.project.settings, preparation.as_of)
    except ScimflowError as error:
        problem = error.message
    worker = _worker_key(person, derived, links, history, sources)
    former = derived.people.former if derived else {}
    worker = next((now for now, before in former.items() if before == worker), worker)
    if worker is not None and worker != person:  # the present key's holds that of the former one
        history = tuple(ledger.history(target, person=worker, limit=HISTORY_LIMIT)) or history
    account = links.loc[links[WORKER_KEY] == worker, "account_id"]
    explanation = Explanation(
        person=person,
        worker_key=worker,
        rows=_rows(worker, person, sources, derived),
        former_key=former.get(worker or "", ""),
        account_id=None if account.empty else str(account.iloc[0]),
        history=history,
        problem=problem,
    )
    return _with_derivation(explanation, derived, preparation.project.settings)


def _worker_key(
    person: str,
    derived: Derived | None,
    links: pd.DataFrame,
    history: tuple[HistoryEntry, ...],
    sources: CheckedSources | None,
) -> str | None:
    """Whose key that is: in the exports, in the ledger's links, in its history, in quarantine."""
    wanted = person.strip().lower()
    candidates: list[tuple[pd.Series, pd.Series]] = []
    if derived is not None:
        workers = derived.workers
        names = [WORKER_KEY, *(name for name in IDENTIFYING if name in workers.columns)]
        candidates += [(workers[name], workers[WORKER_KEY]) for name in names]
        candidates.append((derived.people.frame["userName"], derived.people.frame[WORKER_KEY]))
    linked = (WORKER_KEY, "account_id", "user_name", "external_id")
    candidates += [(links[name], links[WORKER_KEY]) for name in linked]
    for column, keys in candidates:
        found = keys[is_in(folded(column), [wanted])]
        if not found.empty:
            return str(found.iloc[0])
    quarantined = [row.worker_key for row in _quarantined(person, sources) if row.worker_key]
    return next((entry.worker_key for entry in history), next(iter(quarantined), None))


def _quarantined(person: str, sources: CheckedSources | None) -> list[QuarantinedRow]:
    wanted = person.strip().lower()
    return [
        row
        for report in (sources.reports if sources else ())
        for row in report.quarantined
        if wanted in {str(row.worker_key).strip().lower(), *(i.lower() for i in row.identities)}
    ]


def _rows(
    worker: str | None, person: str, sources: CheckedSources | None, derived: Derived | None
) -> tuple[ExplainedRow, ...]:
    """The rows about the person, accepted and quarantined, by source and line."""
    if sources is None:
        return ()
    reports = {report.source: report for report in sources.reports}
    found: list[tuple[str, int, str, tuple[str, ...]]] = []
    if derived is not None and worker is not None:
        frame = derived.people.frame
        row = frame[frame[WORKER_KEY] == worker]
        for column in row.columns[row.columns.str.startswith("line.")]:
            line = int(row[column].iloc[0]) if len(row) else 0
            if line:
                found.append((str(column).removeprefix("line."), line, "accepted", ()))
    for quarantined in {*_quarantined(person, sources), *_quarantined(worker or person, sources)}:
        found.append((quarantined.source, quarantined.line, "quarantined", quarantined.reasons))
    return tuple(
        ExplainedRow(
            source=source,
            path=reports[source].path,
            line=line,
            contract=f"{reports[source].contract} {reports[source].contract_version}",
            verdict=verdict,
            reasons=reasons,
        )
        for source, line, verdict, reasons in sorted(found)
    )


def _condition(rule: str, settings: Configuration) -> str:
    """A role's rule in words; "" for the default, or none."""
    number = rule.removeprefix("roles.rules.")
    return settings.roles.rules[int(number)].in_words if number.isdecimal() else ""


def _with_derivation(
    explanation: Explanation, derived: Derived | None, settings: Configuration
) -> Explanation:
    """Add state, scope, attributes and role of the person, as the exports have it."""
    worker = explanation.worker_key
    if derived is None or worker is None:
        return explanation
    frame = derived.people.frame
    mask = frame[WORKER_KEY] == worker
    if not mask.any():
        return explanation
    index = frame.index[mask][0]
    row = frame.loc[index]
    extensions = settings.target.extensions
    role_path = str(parse_path(settings.target.role_path, extensions))
    role, rule = row.get(role_path), derived.role_rules.loc[index]
    return replace(
        explanation,
        state=str(row["state"]),
        presence=str(row["presence"]),
        reason=str(row["reason"]),
        in_scope=bool(row["in_scope"]),
        role=_text(role),
        role_rule=_text(rule) or "",
        role_condition=_condition(_text(rule) or "", settings),
        teams=_teams(worker, derived.people.teams, settings.teams),
        findings=tuple(f for f in derived.people.findings if f.subject == worker),
        attributes=tuple(
            _attribute(str(parse_path(path, extensions)), rule, row)
            for path, rule in settings.mapping.items()
        ),
    )


def _attribute(path: str, rule: AttributeRule, row: pd.Series) -> ExplainedAttribute:
    cell = _text(row[path])
    refers_to = (cell or "") if rule.account_of is not None else ""
    value = None if refers_to else cell
    return ExplainedAttribute(path, _origin(rule), value, rule.when, refers_to)


def _teams(
    worker: str, desired: DesiredTeams | None, rules: TeamRules | None
) -> tuple[ExplainedTeam, ...] | None:
    """Which teams the person belongs to by the sources."""
    if desired is None or rules is None or worker not in desired.known:
        return None
    pairs = desired.memberships
    keys = pairs.loc[pairs[WORKER_KEY] == worker, TEAM_KEY]
    return tuple(ExplainedTeam(str(key), rules.name_of(str(key))) for key in keys)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _origin(rule: AttributeRule) -> str:
    """A rule in the words of the mapping: `email | trim | lower`."""
    if rule.account_of is not None:
        named = " | ".join([rule.account_of.column, *rule.apply])
        return f"account_of {named} by {rule.account_of.by}"
    columns = " or ".join([rule.column, *rule.fallback]) if rule.column else ""
    start = columns or rule.template or f'"{rule.constant}"'
    translated = ["values"] if rule.values else []
    return " | ".join([start, *rule.apply, *translated])
