"""The numbers of a run, and the sentence that they make."""

from collections import Counter
from collections.abc import Mapping, Sequence

from data_contracts.batch import ContractReport
from data_contracts.outcome import LoadReport, RunRecord
from data_contracts.plan import Plan
from data_contracts.words import (
    BatchVerdict,
    FindingSeverity,
    OperationKind,
    OutcomeResult,
    RunState,
    TeamOperationKind,
    Verdict,
)
from tasks.report.wording import DONE, plural, unsafe

_SHORTFALLS = {
    OutcomeResult.FAILED: "failed",
    OutcomeResult.CONFLICT: "conflicts",
    OutcomeResult.UNKNOWN: "unknown",
    OutcomeResult.SKIPPED: "skipped",
    OutcomeResult.PUT_OFF: "put_off",
}
_TEAMS_DONE = {
    TeamOperationKind.CREATE: "teams_created",
    TeamOperationKind.RENAME: "teams_renamed",
    TeamOperationKind.MEMBERS: "teams_changed",
}
_WRITTEN = (OutcomeResult.APPLIED, OutcomeResult.SETTLED)


def run_counts(
    reports: Sequence[ContractReport], plan: Plan | None, load: LoadReport | None
) -> dict[str, int]:
    """Count what a run read, meant to do and did.

    Args:
        reports: What the contracts say of each source.
        plan: The plan, if the run came so far.
        load: What became of it, if it was carried out.

    Returns:
        The same keys whatever happened. `created` + `updated` + `reactivated` + `deactivated` +
        `already` + `failed` + `conflicts` + `unknown` + `skipped` + `put_off`, with
        `teams_created` + `teams_renamed` + `teams_changed`, are the operations of a plan that was
        carried out; `to_create` ... are those of the plan.
    """
    return {**_read(reports), **_meant(plan), **_done(plan, load)}


def _read(reports: Sequence[ContractReport]) -> dict[str, int]:
    return {
        "sources": len(reports),
        "sources_refused": sum(r.verdict is BatchVerdict.REFUSED for r in reports),
        "rows_read": sum(r.rows_read for r in reports),
        "rows_accepted": sum(r.rows_accepted for r in reports),
        "rows_quarantined": sum(len(r.quarantined) for r in reports),
    }


def _meant(plan: Plan | None) -> dict[str, int]:
    kinds = Counter(o.kind for o in plan.operations) if plan else Counter()
    severities = Counter(f.severity for f in plan.findings) if plan else Counter()
    verdicts = Counter(g.verdict for g in plan.guardrails) if plan else Counter()
    return {
        **{f"to_{kind}": kinds[kind] for kind in OperationKind},
        "to_adopt": len(plan.adoptions) if plan else 0,
        **_meant_for_teams(plan),
        "findings": severities.total(),
        "findings_critical": severities[FindingSeverity.CRITICAL],
        "findings_warning": severities[FindingSeverity.WARNING],
        "guardrails_held": verdicts[Verdict.HELD],
        "guardrails_refused": verdicts[Verdict.REFUSED],
    }


def _meant_for_teams(plan: Plan | None) -> dict[str, int]:
    operations = plan.team_operations if plan else ()
    kinds = Counter(operation.kind for operation in operations)
    return {
        "teams_to_create": kinds[TeamOperationKind.CREATE],
        "teams_to_rename": kinds[TeamOperationKind.RENAME],
        "team_members_to_add": sum(len(operation.add) for operation in operations),
        "team_members_to_remove": sum(len(operation.remove) for operation in operations),
        "teams_to_adopt": len(plan.team_adoptions) if plan else 0,
    }


def _done(plan: Plan | None, load: LoadReport | None) -> dict[str, int]:
    outcomes = load.outcomes if load else ()
    written = Counter(o.kind for o in outcomes if o.result in _WRITTEN)
    results = Counter(o.result for o in outcomes)
    return {
        **{word: written[kind] for kind, word in DONE.items()},
        "adopted": len(plan.adoptions) if plan and load else 0,
        **{word: written[kind] for kind, word in _TEAMS_DONE.items()},
        "teams_adopted": len(plan.team_adoptions) if plan and load else 0,
        "already": results[OutcomeResult.ALREADY],
        **{word: results[result] for result, word in _SHORTFALLS.items()},
        "requests": load.requests if load else 0,
        "throttled": load.throttled if load else 0,
    }


def final_message(state: RunState, counts: Mapping[str, int]) -> str:
    """A run in one sentence, for Prefect's badge and the ledger.

    Args:
        state: How the run ended.
        counts: Its numbers, by the keys of `run_counts`; a missing one counts as 0.

    >>> numbers = {"created": 12, "updated": 3, "deactivated": 1, "rows_quarantined": 2}
    >>> final_message(RunState.COMPLETED_WITH_QUARANTINE, numbers)
    '12 created, 3 updated, 1 deactivated; 2 rows quarantined'
    """
    parts = [_changes(state, counts), _shortfalls(counts), _quarantined(counts)]
    return _FRONTS.get(state, "") + "; ".join(part for part in parts if part)


def ending(run: RunRecord, plan: Plan | None) -> str:
    """How a run ended, for pages that list the guardrails themselves.

    Args:
        run: The run.
        plan: The plan, if the run came so far.

    Returns:
        The run's message; the sentence of its numbers where the message repeats the guardrails'.
    """
    told = [result.message for result in unsafe(plan)] if plan else []
    if told and all(message in run.message for message in told):
        told_by_state = _FRONTS.get(run.state, "")
        return final_message(run.state, run.counts).removeprefix(told_by_state)
    return run.message


_FRONTS = {
    RunState.HELD: "held before the first write: ",
    RunState.REFUSED: "refused before the first write: ",
    RunState.REJECTED: "rejected before the first write: ",
    RunState.WAITING: "waiting for approval: ",
    RunState.FAILED: "failed: ",
    RunState.RUNNING: "running: ",
}
_TEAM_KEYS = ("teams_created", "teams_renamed", "teams_changed", "teams_adopted")
_DONE_KEYS = ("created", "updated", "reactivated", "deactivated", "adopted", *_TEAM_KEYS)
_MEANT_KEYS = ("to_create", "to_update", "to_reactivate", "to_deactivate", "to_adopt")
_MEANT_FOR_TEAMS = {
    "teams_to_create": ("team", "to create"),
    "teams_to_rename": ("team", "to rename"),
    "teams_to_adopt": ("team", "to adopt"),
    "team_members_to_add": ("team member", "to add"),
    "team_members_to_remove": ("team member", "to remove"),
}
_NO_WRITE = (RunState.HELD, RunState.REFUSED, RunState.REJECTED, RunState.WAITING)


def _changes(state: RunState, counts: Mapping[str, int]) -> str:
    """What was done; for a run that wrote nothing, what its plan would do."""
    if state is RunState.REFUSED_BY_CONTRACT:
        refused, sources = counts.get("sources_refused", 0), counts.get("sources", 0)
        return f"{refused} of {plural(sources, 'export')} refused by contract; nothing was written"
    done = [_done_text(key, counts[key]) for key in _DONE_KEYS if counts.get(key)]
    if counts.get("already"):
        done.append(f"{counts['already']:,} so already")
    if done or _shortfalls(counts):
        return ", ".join(done) or "nothing was changed"
    to_do = [f"{counts[k]:,} {k.replace('_', ' ')}" for k in _MEANT_KEYS if counts.get(k)]
    meant = ", ".join(to_do + _meant_text(counts))
    if state in (RunState.FAILED, RunState.RUNNING):
        return "nothing was written yet" if state is RunState.RUNNING else "nothing was written"
    if not meant:
        return "nothing to change"
    return meant if state in _NO_WRITE else f"{meant}; nothing was written"


def _done_text(key: str, count: int) -> str:
    """What was done so often: `3 created`, `2 teams created`."""
    if key not in _TEAM_KEYS:
        return f"{count:,} {key}"
    return f"{plural(count, 'team')} {key.removeprefix('teams_')}"


def _meant_text(counts: Mapping[str, int]) -> list[str]:
    """What would be done to teams: `1 team to create`, `3 team members to add`."""
    return [
        f"{plural(counts[key], one)} {words}"
        for key, (one, words) in _MEANT_FOR_TEAMS.items()
        if counts.get(key)
    ]


def _shortfalls(counts: Mapping[str, int]) -> str:
    parts = [f"{counts[key]:,} {key}" for key in ("failed", "unknown") if counts.get(key)]
    if counts.get("conflicts"):
        parts.insert(0, plural(counts["conflicts"], "conflict"))
    if counts.get("skipped"):
        parts.append(f"{counts['skipped']:,} not tried")
    if counts.get("put_off"):
        parts.append(f"{counts['put_off']:,} put off")
    return ", ".join(parts)


def _quarantined(counts: Mapping[str, int]) -> str:
    count = counts.get("rows_quarantined", 0)
    return f"{plural(count, 'row')} quarantined" if count else ""
