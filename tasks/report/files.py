"""Content of the files in a run's folder. Who calls writes them, readable by their owner alone."""

from collections.abc import Sequence

from data_contracts.batch import ContractReport
from data_contracts.outcome import LoadReport, RunRecord
from data_contracts.plan import Plan
from tasks.report.markdown import run_markdown


def report_markdown(
    run: RunRecord,
    reports: Sequence[ContractReport],
    plan: Plan | None,
    load: LoadReport | None,
    *,
    show_values: bool = False,
    folder: str = "runs",
) -> bytes:
    """Content of `report.md`: the run's story.

    Args:
        run: The run.
        reports: What the contracts say of each source.
        plan: The plan, if the run came so far.
        load: What became of it, if it was carried out.
        show_values: Whether values of personal attributes may be shown.
        folder: The folder of all runs.
    """
    text = run_markdown(run, reports, plan, load, show_values=show_values, folder=folder)
    return text.encode()


def plan_json(plan: Plan) -> bytes:
    """Content of `plan.json`: exactly the bytes that the plan's digest is of, values included."""
    return plan.to_bytes()
