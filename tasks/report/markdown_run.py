"""A run's story for an administrator: what was done to how many and why, and what was not."""

from collections import Counter
from collections.abc import Sequence

from data_contracts.approval import Approval, Rejection
from data_contracts.batch import ContractReport
from data_contracts.outcome import LoadReport, Outcome, RunRecord
from data_contracts.plan import Operation, Plan
from data_contracts.team_plan import TEAM_PREFIX
from data_contracts.words import OperationKind, RunState
from tasks.report import markdown_sections as part
from tasks.report.counters import ending
from tasks.report.escaping import escape_cell
from tasks.report.markdown_decisions import markdown_decisions
from tasks.report.markdown_teams import markdown_teams
from tasks.report.next_steps import NextStep, next_step_of_run
from tasks.report.privacy import changes
from tasks.report.selection import (
    CONTRACTS_FILE,
    PLAN_FILE,
    REPORT_FILE,
    RUN_FILE,
    SECTION_ROWS_MAX,
    cut,
    more,
    quarantine_file,
)
from tasks.report.wording import (
    DONE,
    STATES,
    by_kind,
    by_operation,
    exchange_text,
    moment,
    person,
    plural,
    result_text,
    unsafe,
)

NOT_CARRIED_OUT = "none: not carried out"


def run_markdown(
    run: RunRecord,
    reports: Sequence[ContractReport],
    plan: Plan | None,
    load: LoadReport | None,
    *,
    show_values: bool = False,
    folder: str = "runs",
    files_url: str | None = None,
    decisions: Sequence[Approval | Rejection] = (),
) -> str:
    """Tell what a run did.

    Args:
        run: The run.
        reports: What the contracts say of each source.
        plan: The plan, if the run came so far.
        load: What became of it, if it was carried out.
        show_values: Whether values of personal attributes may be shown.
        folder: The folder of all runs (`report.folder`).
        files_url: Where a browser finds that folder (`report.files_url`).
        decisions: What people said of the plan.

    Returns:
        Markdown: how it ended first, then what to do, then the details.
    """
    return part.page(
        (
            f"# {escape_cell(f'{run.flow}: {run.target} as of {run.as_of}')}",
            _ending(run, plan),
            _unsafe(run, plan),
            part.commands(next_step_of_run(run.state, run.run_id, plan)),
            markdown_decisions(decisions),
            _what_and_why(plan, load),
            markdown_teams(plan, load.outcomes if load else None) if plan else "",
            _troubles(plan, load, show_values),
            part.exports(reports),
            part.breaking(reports),
            part.quarantine(reports),
            part.guardrails(plan) if plan else "",
            part.findings(plan) if plan else "",
            _effort(run, load),
            _files(run, reports, plan, folder, files_url),
            _trail(run),
        )
    )


def _ending(run: RunRecord, plan: Plan | None) -> str:
    state, told = STATES[run.state], ending(run, plan)
    text = f"**{state[0].upper()}{state[1:]}.**"
    return f"{text} {escape_cell(told)}" if told else text


def _unsafe(run: RunRecord, plan: Plan | None) -> str:
    """Which limits held the run back; one that was approved is told in the guardrails' table."""
    if plan is None or run.state not in (RunState.HELD, RunState.REFUSED):
        return ""
    return "\n".join(f"- {escape_cell(result.message)}" for result in unsafe(plan))


def _what_and_why(plan: Plan | None, load: LoadReport | None) -> str:
    """How many of each kind and reason, and how many of those came out as meant."""
    if plan is None:
        return ""
    known = by_operation(load.outcomes if load else ())
    rows = []
    for kind, operations in by_kind(plan.operations).items():
        reasons = Counter(operation.reason for operation in operations)
        for reason, count in sorted(reasons.items(), key=lambda each: (-each[1], each[0])):
            chosen = [operation for operation in operations if operation.reason == reason]
            well = sum(_succeeded(known.get(operation.operation_id)) for operation in chosen)
            done = f"{well:,}" if load else NOT_CARRIED_OUT
            words = escape_cell(_explanation(kind, chosen))
            rows.append([str(kind), escape_cell(reason), words, f"{count:,}", done])
    if plan.adoptions:
        words = "there already, and somebody's account: managed from now on"
        adopted = f"{len(plan.adoptions):,}"
        rows.append(["adopt", "matched", words, adopted, adopted if load else NOT_CARRIED_OUT])
    heads = ("What", "Reason", "In words", "Planned", "Done")
    title = "What was done, and why" if load else "What would be done, and why"
    return part.section(title, part.table(heads, rows))


def _succeeded(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.succeeded


def _explanation(kind: OperationKind, operations: Sequence[Operation]) -> str:
    """What the operations of a reason have in common; which attributes differ is each one's own."""
    texts = {operation.explanation for operation in operations}
    if len(texts) == 1:
        return texts.pop()
    common = {text.partition(":")[0].partition(";")[0] for text in texts}
    return common.pop() if len(common) == 1 else f"{DONE[kind]} for several reasons"


def _troubles(plan: Plan | None, load: LoadReport | None, show_values: bool) -> str:
    """Whom it did not work for, with the requests that were sent."""
    if load is None:
        return ""
    operations = {o.operation_id: o for o in plan.operations} if plan else {}
    # names and members of teams stand in the section about teams
    shown, left = cut(load.failed, SECTION_ROWS_MAX)
    rows = [_trouble(o, operations.get(o.operation_id), show_values) for o in shown]
    if left:
        rows.append([escape_cell(more(left, RUN_FILE)), "", "", "", ""])
    stopped = f"The run stopped before the end: {escape_cell(load.stopped)}" if load.stopped else ""
    heads = ("Who", "What", "Result", "Changed", "Requests")
    return part.section("Not done", stopped, part.table(heads, rows))


def _trouble(outcome: Outcome, operation: Operation | None, show_values: bool) -> list[str]:
    written = changes(operation, show_values) if operation else ()
    user_name = operation.user_name if operation else outcome.user_name
    if user_name is None and outcome.worker_key.startswith(TEAM_PREFIX):
        user_name = outcome.worker_key.removeprefix(TEAM_PREFIX)
    cells = (
        person(user_name, outcome.worker_key),
        str(outcome.kind),
        result_text(outcome),
        ", ".join(change.text("→") for change in written),
        "; ".join(exchange_text(exchange) for exchange in outcome.exchanges),
    )
    return [escape_cell(cell) for cell in cells]


def _effort(run: RunRecord, load: LoadReport | None) -> str:
    rows = [["Started", moment(run.started_at)]]
    if run.ended_at is not None:
        seconds = (run.ended_at - run.started_at).total_seconds()
        rows += [["Ended", moment(run.ended_at)], ["Took", f"{seconds:,.1f} s"]]
    if load is not None:
        rows += [
            ["Writing took", f"{load.elapsed_s:,.1f} s"],
            ["Requests", f"{load.requests:,}"],
            ["Throttled (429)", f"{load.throttled:,}"],
        ]
    return part.section("Requests and time", part.table(("What", ""), rows))


def _files(
    run: RunRecord,
    reports: Sequence[ContractReport],
    plan: Plan | None,
    folder: str,
    files_url: str | None,
) -> str:
    names = {REPORT_FILE: "this page", RUN_FILE: "the same for machines, with every outcome"}
    if plan is not None:
        names[PLAN_FILE] = f"the plan as it was judged, digest {plan.digest}"
    if reports:
        names[CONTRACTS_FILE] = "what the data contracts say, to show to others"
    for report in reports:
        if report.quarantined:
            rows = plural(len(report.quarantined), "row")
            names[quarantine_file(report.source)] = f"{rows} of {report.source}, with reasons"
    lines = [f"- {escape_cell(name)}: {escape_cell(text)}" for name, text in names.items()]
    where = f"On the machine that ran it, in {escape_cell(f'{folder}/{run.run_id}')}:"
    if files_url is not None:
        where = f"[The files of this run]({files_url.rstrip('/')}/{run.run_id}/):"
    return part.section("Files", where, "\n".join(lines))


def _trail(run: RunRecord) -> str:
    """Where the audit trail's chain led to: kept outside of the ledger, it shows a later cut."""
    if not run.ledger_head:
        return ""
    step = NextStep(
        "When the run ended, the audit trail led to this head. It still does if this says so:",
        (f"scimflow ledger verify --head {run.ledger_head}",),
    )
    return part.section("Audit trail", part.commands(step))
