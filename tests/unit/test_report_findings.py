"""Every kind of finding reaches a person: in the plan, in the run's page, in `findings`."""

import io
from collections.abc import Callable
from datetime import date

import pytest
from rich.console import Console

from data_contracts.finding import Finding
from data_contracts.plan import Plan
from data_contracts.words import FindingSeverity, RunState
from tasks.report import terminal
from tasks.report.markdown import plan_markdown, run_markdown
from tasks.report.selection import each_kind_first
from tasks.report.tables import findings_table
from tasks.report.terminal_findings import findings_view
from tests import report_samples as sample
from tests.docs.test_findings_page import severities

CRITICAL, WARNING, INFO = FindingSeverity.CRITICAL, FindingSeverity.WARNING, FindingSeverity.INFO
CROWD = 1000
"""Findings of one kind: more than any page lists."""


def finding(code: str, severity: FindingSeverity, subject: str = "1001") -> Finding:
    return Finding(code=code, severity=severity, subject=subject, message=f"seen: {code}")


def crowd(code: str = "no-user-name") -> list[Finding]:
    return [finding(code, CRITICAL, str(n)) for n in range(CROWD)]


def on_screen(view: object) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(view)
    return out.getvalue()


PAGES: dict[str, Callable[[Plan], str]] = {
    "plan": lambda plan: on_screen(terminal.plan_view(plan, plan.digest)),
    "page of the plan": plan_markdown,
    "run": lambda plan: on_screen(
        terminal.run_view(sample.run(RunState.COMPLETED), plan, sample.LOAD, ())
    ),
    "page of the run": lambda plan: run_markdown(sample.run(), (), plan, sample.LOAD),
    "artifact": lambda plan: str(findings_table(plan)),
    "findings": lambda plan: on_screen(findings_view(plan.findings, None, date(2026, 3, 2))),
}


@pytest.mark.parametrize("page", PAGES)
def test_no_kind_of_finding_is_hidden_by_a_crowd_of_another(page: str) -> None:
    kinds = severities()
    plan = sample.plan(findings=(*crowd(), *[finding(*kind) for kind in kinds]))
    shown = PAGES[page](plan).replace("\\", "")
    assert len(kinds) >= 45
    assert [code for code, _ in kinds if code not in shown] == []


def test_what_is_left_out_is_counted_by_kind() -> None:
    plan = sample.plan(findings=(*crowd(), *[finding("manager-not-found", WARNING)] * 3))
    for page in ("page of the run", "artifact"):
        text = PAGES[page](plan).replace("\\", "")
        assert "no-user-name, 2 manager-not-found" in text


def test_the_order_stays_and_nothing_is_said_when_all_are_shown() -> None:
    given = [finding("a", INFO), finding("b", CRITICAL, "2"), finding("b", CRITICAL, "1")]
    assert each_kind_first(given, 3) == ([given[1], given[2], given[0]], "")
    assert each_kind_first(given, 2) == ([given[1], given[0]], "1 b")
    assert each_kind_first(given, 0) == ([], "2 b, 1 a")
