"""Pages for the Prefect UI and the run's folder, each with the verdict first."""

from collections.abc import Sequence

from data_contracts.batch import ContractReport
from tasks.report import markdown_sections as part
from tasks.report.escaping import escape_cell
from tasks.report.markdown_plan import plan_markdown
from tasks.report.markdown_run import run_markdown

__all__ = ["check_markdown", "escape_cell", "plan_markdown", "run_markdown"]


def check_markdown(reports: Sequence[ContractReport], *, limit: int = part.SECTION_ROWS_MAX) -> str:
    """What the contracts say of each export, rule by rule.

    Args:
        reports: One report for each source.
        limit: Most quarantined rows shown; a last one says how many more there are and where.

    Returns:
        Markdown: the verdicts first.
    """
    return part.page(
        (
            "# Data contracts",
            part.exports(reports) or "No export was read.",
            part.breaking(reports),
            *(part.section(f"Rules of {escape_cell(r.source)}", part.rules(r)) for r in reports),
            part.quarantine(reports, limit),
        )
    )
