"""What people read, word for word: compared with files that a person has read.

`REWRITE_EXPECTED=1 pytest tests/unit/test_report_expected.py` writes them anew; read the diff.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from data_contracts.words import RunState
from tasks.report import terminal
from tasks.report.markdown import check_markdown, plan_markdown, run_markdown
from tests import report_samples as sample

EXPECTED = Path(__file__).parents[1] / "data" / "report"
HELD = sample.everything(sample.HELD_GUARDRAIL)
SAFE = sample.everything()
REPORTS = (sample.REPORT, sample.REFUSED_REPORT)
PARTLY = sample.run(RunState.PARTLY_APPLIED, "1 deactivated, 1 reactivated; 1 conflict")
WAITING = sample.run(RunState.HELD, sample.HELD_GUARDRAIL.message)


def screen(width: int, view: RenderableType) -> str:
    console = Console(width=width, force_terminal=False, no_color=True)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


TEXTS: dict[str, Callable[[], str]] = {
    "plan-held.md": lambda: plan_markdown(HELD, run_id=sample.RUN_ID),
    "plan-values.md": lambda: plan_markdown(SAFE, show_values=True),
    "run-partly.md": lambda: run_markdown(PARTLY, REPORTS, HELD, sample.LOAD),
    "run-held.md": lambda: run_markdown(WAITING, REPORTS[:1], HELD, None),
    "check.md": lambda: check_markdown(REPORTS),
    "plan-held-80.txt": lambda: screen(80, terminal.plan_view(HELD, HELD.digest)),
    "plan-held-160.txt": lambda: screen(160, terminal.plan_view(HELD, HELD.digest)),
    "plan-values-80.txt": lambda: screen(80, terminal.plan_view(SAFE, SAFE.digest, True)),
    "drift-80.txt": lambda: screen(80, terminal.drift_view(HELD)),
    "run-partly-80.txt": lambda: screen(
        80, terminal.run_view(PARTLY, HELD, sample.LOAD, REPORTS[:1])
    ),
    "run-held-160.txt": lambda: screen(160, terminal.run_view(WAITING, HELD, None, ())),
    "check-80.txt": lambda: screen(80, terminal.check_view(REPORTS)),
    "history-80.txt": lambda: screen(80, terminal.history_view(sample.HISTORY)),
    "explain-80.txt": lambda: screen(80, terminal.explain_view(sample.EXPLANATION)),
    "doctor-80.txt": lambda: screen(80, terminal.doctor_view(sample.CHECKS)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_reads_as_it_was_last_read_by_a_person(name: str) -> None:
    file, text = EXPECTED / name, TEXTS[name]()
    if os.environ.get("REWRITE_EXPECTED") == "1":
        EXPECTED.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_expected_text_is_left_over() -> None:
    assert {file.name for file in EXPECTED.iterdir()} == set(TEXTS)
