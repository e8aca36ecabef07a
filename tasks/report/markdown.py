"""Pages for the Prefect UI and the run's folder, each with the verdict first."""

from collections.abc import Sequence

from data_contracts.batch import ContractReport
from tasks.report.blocks import as_markdown
from tasks.report.check_page import check_blocks
from tasks.report.escaping import escape_cell
from tasks.report.markdown_plan import plan_markdown
from tasks.report.markdown_run import run_markdown
from tasks.report.selection import SECTION_ROWS_MAX

__all__ = ["check_markdown", "escape_cell", "plan_markdown", "run_markdown"]


def check_markdown(reports: Sequence[ContractReport], *, limit: int = SECTION_ROWS_MAX) -> str:
    """What the contracts say of each export, rule by rule, as Markdown; see `check_blocks`."""
    return as_markdown(check_blocks(reports, limit))
