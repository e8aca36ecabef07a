"""Views for terminals and pipes: readable at any width, plain in a pipe, deaf to cells."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from data_contracts.batch import ContractReport
from data_contracts.errors import ConfigurationError, PlanHeld, StalePlan
from data_contracts.words import OutcomeResult, RunState
from tasks.report import terminal
from tests import report_samples as sample

HELD = sample.everything(sample.HELD_GUARDRAIL)
REFUSED = sample.everything(sample.REFUSED_GUARDRAIL)


def on_screen(view: Any, width: int = 80, *, tty: bool = False) -> str:
    console = Console(
        width=width, force_terminal=tty, color_system="truecolor" if tty else None, no_color=not tty
    )
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def flat(text: str) -> str:
    return " ".join(text.split())


def views() -> dict[str, Any]:
    run = sample.run(RunState.PARTLY_APPLIED)
    return {
        "plan": terminal.plan_view(HELD, HELD.digest),
        "plan with values": terminal.plan_view(HELD, HELD.digest, True),
        "check": terminal.check_view((sample.REPORT, sample.REFUSED_REPORT)),
        "drift": terminal.drift_view(HELD),
        "run": terminal.run_view(run, HELD, sample.LOAD, (sample.REPORT,)),
        "history": terminal.history_view(sample.HISTORY),
        "explain": terminal.explain_view(sample.EXPLANATION),
        "doctor": terminal.doctor_view(sample.CHECKS),
        "error": terminal.error_view(StalePlan("the content of exports/hr.csv changed")),
    }


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("name", views())
def test_a_view_fits_its_width_and_is_plain_in_a_pipe(name: str, width: int) -> None:
    text = on_screen(views()[name], width)
    # a digest of 71 characters is the only word that a narrow terminal has to break
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii()
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("name", ["plan", "drift", "run"])
def test_keys_are_never_broken(name: str, width: int) -> None:
    lines = on_screen(views()[name], width).splitlines()
    for key in ("di.evans@acme.test", "1004", "ed.fox@acme.test", "roles[primary eq true].value"):
        assert any(key in line for line in lines), key


def test_blanks_in_a_key_or_an_attribute_path_are_no_place_to_break() -> None:
    spaced = replace(sample.MOVER, worker_key="EMP 10 02", user_name="bo chen of acme")
    plan = sample.plan(spaced)
    for width in range(40, 110):
        text = on_screen(terminal.plan_view(plan, plan.digest), width)
        for key in ("worker EMP 10 02", "bo chen of acme"):
            assert key in text, width
        assert text.count("roles[primary eq true].value") == 2, width


def test_a_terminal_gets_colour() -> None:
    assert "\x1b[" in on_screen(views()["plan"], tty=True)


def test_a_key_longer_than_a_line_is_shown_whole() -> None:
    long = "x" * 300 + "@acme.test"
    plan = sample.plan(replace(sample.LEAVER, user_name=long))
    text = on_screen(terminal.plan_view(plan, plan.digest)).replace("\n", "").replace(" ", "")
    assert long in text


def test_each_kind_of_operation_has_its_sign_and_its_reason_in_words() -> None:
    text = on_screen(views()["plan"])
    for sign, who in (("-", "ann.lee"), ("~", "bo.chen"), ("^", "cy.diaz"), ("+", "di.evans")):
        assert re.search(rf"^  {re.escape(sign)} {who}@acme.test", text, re.MULTILINE)
    assert "leaver: the export says that the person has left" in text
    assert "hr:3, idp:7" in text


def test_values_are_shown_as_before_and_after_when_asked_for() -> None:
    text = on_screen(views()["plan with values"])
    assert 'title "Deputy Whisperer" -> "Chief Whisperer"' in text
    assert 'department (none) -> "Moonlight"' in text


def test_a_held_plan_names_limit_numbers_digest_and_commands() -> None:
    text = flat(on_screen(views()["plan"]))
    assert "47 accounts would be deactivated, of 100 managed and active; the limit is 5" in text
    assert HELD.digest in text
    assert "scimflow plan -o PLAN scimflow approve PLAN scimflow apply PLAN" in text


def test_a_saved_plan_is_named_in_the_commands_as_a_shell_takes_it() -> None:
    text = on_screen(terminal.plan_view(HELD, HELD.digest, reference="my plan.json"))
    assert "scimflow approve 'my plan.json'\n" in text
    assert "plan -o" not in text


def test_a_refused_plan_offers_no_approval() -> None:
    text = flat(on_screen(terminal.plan_view(REFUSED, REFUSED.digest)))
    assert "at least 1 must" in text
    assert "scimflow approve" not in text


def test_a_stale_plan_says_what_moved_and_how_to_go_on() -> None:
    moved = "the plan is stale, nothing was written: the content of exports/hr.csv changed"
    text = flat(on_screen(terminal.error_view(StalePlan(moved))))
    assert moved in text
    assert "scimflow plan -o PLAN" in text


def test_an_error_keeps_its_lines_and_its_hint() -> None:
    error = ConfigurationError("a.yaml:3: x: unknown key\na.yaml:9: y: is missing", hint="see z")
    lines = on_screen(terminal.error_view(error)).splitlines()
    assert lines == ["error: a.yaml:3: x: unknown key", "  a.yaml:9: y: is missing", "hint: see z"]


def test_a_held_error_says_how_to_approve() -> None:
    assert "scimflow approve PLAN" in on_screen(terminal.error_view(PlanHeld("over the limit")))


def test_a_held_run_says_once_what_held_it_and_how_to_approve() -> None:
    run = sample.run(RunState.HELD, f"held before the first write: {sample.HELD_GUARDRAIL.message}")
    text = flat(on_screen(terminal.run_view(run, HELD, None, ())))
    assert text.count("the limit is 5") == 1
    assert f"scimflow approve {sample.RUN_ID} scimflow apply {sample.RUN_ID}" in text


def test_a_run_shows_first_for_whom_it_went_wrong_and_how_many_more_there_are() -> None:
    plan = sample.joiners(30)
    outcomes = [sample.outcome(o, OutcomeResult.APPLIED) for o in plan.operations[:-1]]
    outcomes.append(sample.outcome(plan.operations[-1], OutcomeResult.FAILED, "refused"))
    load = replace(sample.LOAD, outcomes=tuple(outcomes))
    text = on_screen(terminal.run_view(sample.run(), plan, load, (), limit=4), 120)
    rows = [line for line in text.splitlines() if line.startswith("  +")]
    assert len(rows) == 4
    assert "J000029" in rows[0]
    assert "not created" in rows[0]
    assert "... and 26 more" in text


def test_a_check_shows_verdict_rules_and_rows_and_cuts_a_long_quarantine() -> None:
    text = on_screen(views()["check"])
    assert "hr: accepted, with rows set aside" in text
    assert "refused: column `status` is missing" in text
    assert re.search(r"broken by 2 rows +everybody has an e-mail address", text)
    assert re.search(r"hr:13 +\(no key\) +8 fields were expected, 9 came", text)
    many: ContractReport = replace(sample.REPORT, quarantined=sample.REPORT.quarantined * 50)
    cut = on_screen(terminal.check_view([many], quarantine_limit=3))
    assert "... and 97 more" in cut


def test_drift_says_when_there_is_none() -> None:
    text = on_screen(terminal.drift_view(sample.plan()))
    assert text == "acme as of 2026-03-02: in step, every account is as it should be\n"


def test_history_shows_requests_verification_and_missing_outcomes() -> None:
    text = on_screen(views()["history"])
    assert "POST /Users: 201 in 120 ms" in text
    assert "verified: 7 attributes compared, all as meant" in text
    assert "because: the target answered 400" in text
    assert "no outcome is recorded" in flat(text)
    assert "Nothing is recorded." in on_screen(terminal.history_view([]))


def test_an_explanation_walks_from_the_rows_to_the_requests() -> None:
    text = on_screen(views()["explain"], 120)
    order = ["hr:5", "the login is empty", "should be present (joiner)", "in scope",
             "maker, by roles.rules.0", "from given_name", "at creation alone", "left alone",
             "cleared", "POST /Users: 201"]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_an_explanation_without_readable_exports_says_why_and_shows_the_history() -> None:
    broken = replace(sample.EXPLANATION, rows=(), state="", attributes=(), problem="hr: no file\nx")
    text = on_screen(terminal.explain_view(broken))
    assert "the exports cannot be used: hr: no file" in text
    assert "POST /Users: 201" in text
    assert "should be" not in text


def test_the_doctor_shows_each_state_with_its_hint() -> None:
    text = on_screen(views()["doctor"])
    assert re.search(r"^failed +token +TOKEN is not set; set it to the access token$", text, re.M)
    assert "1 ok, 1 warning, 1 failed, 1 skipped" in text


HOSTILE = "\x1b[31m[red]Bo\x1b]0;owned\x07\nby[/red] :skull:\u202e"
SHOWN = "[red]Bo by[/red] :skull:"


def test_neither_markup_nor_escapes_in_a_cell_reach_the_terminal() -> None:
    operation = replace(
        sample.MOVER, user_name=HOSTILE, worker_key=HOSTILE, explanation=HOSTILE,
        attributes={"title": HOSTILE},
    )  # fmt: skip
    finding = sample.FINDINGS[0].model_copy(update={"subject": HOSTILE, "message": HOSTILE})
    plan = sample.plan(operation, findings=(finding,))
    row = replace(sample.REPORT.quarantined[0], worker_key=HOSTILE, reasons=(HOSTILE,))
    report = replace(sample.REPORT, path=HOSTILE, quarantined=(row,), warnings=(HOSTILE,))
    entry = replace(sample.HISTORY[0], worker_key=HOSTILE, detail=HOSTILE)
    explanation = replace(sample.EXPLANATION, person=HOSTILE, problem=HOSTILE, history=(entry,))
    hostile = [
        terminal.plan_view(plan, plan.digest, True),
        terminal.drift_view(plan),
        terminal.run_view(sample.run(message=HOSTILE), plan, None, (report,)),
        terminal.check_view([report]),
        terminal.history_view([entry]),
        terminal.explain_view(explanation),
        terminal.doctor_view([replace(sample.CHECKS[0], message=HOSTILE)]),
        terminal.error_view(ConfigurationError(HOSTILE.replace("\n", " "), hint=HOSTILE)),
    ]
    for view in hostile:
        text = on_screen(view, 200)
        assert SHOWN in text
        assert "owned" not in text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ufdd0]", text)
        colours = on_screen(view, 200, tty=True)
        assert set(re.findall(r"\x1b(.)", colours)) == {"["}  # rich's own colours alone


def test_a_plan_of_ten_thousand_operations_is_shown_at_once_and_bounded() -> None:
    plan = sample.joiners(10_000)
    digest = plan.digest
    started = time.process_time()
    text = on_screen(terminal.plan_view(plan, digest, True))
    text += on_screen(terminal.run_view(sample.run(), plan, None, ()))
    assert time.process_time() - started < 1
    assert len(text.splitlines()) < 2_000
    assert "... and 9,800 more" in text


def test_only_what_went_wrong_is_red_in_a_run() -> None:
    run = sample.run(RunState.PARTLY_APPLIED)
    shown = on_screen(terminal.run_view(run, HELD, sample.LOAD, ()), 200, tty=True)
    assert "\x1b[31mconflict: " in shown
    for reason in ("leaver: ", "renamed: ", "rehire: ", "joiner: "):
        assert re.search(rf"(  |\x1b\[0m){reason}", shown)
