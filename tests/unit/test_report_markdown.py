"""Pages for an administrator: the verdict first, numbers, limits and the exact commands."""

import time
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from data_contracts.words import OutcomeResult, RunState
from tasks.report.markdown import check_markdown, plan_markdown, run_markdown
from tests import report_samples as sample

HELD = sample.everything(sample.HELD_GUARDRAIL)
REFUSED = sample.everything(sample.REFUSED_GUARDRAIL, sample.HELD_GUARDRAIL)


def first_lines(page: str) -> str:
    return page.partition("## ")[0]


def test_a_held_plan_says_first_which_limit_by_which_numbers_and_how_to_approve() -> None:
    head = first_lines(plan_markdown(HELD, run_id=sample.RUN_ID))
    assert "Held" in head
    assert "47 accounts would be deactivated, of 100" in head
    assert "the limit is 5" in head
    assert f"scimflow approve {sample.RUN_ID}\nscimflow apply {sample.RUN_ID}" in head


def test_a_held_plan_without_a_run_is_saved_before_it_is_approved() -> None:
    head = first_lines(plan_markdown(HELD))
    assert "scimflow plan -o PLAN\nscimflow approve PLAN\nscimflow apply PLAN" in head


def test_a_refused_plan_names_the_limit_and_no_way_to_approve() -> None:
    head = first_lines(plan_markdown(REFUSED, run_id=sample.RUN_ID))
    assert "no approval lifts this" in head
    assert "0 active admins would remain, of 2 now; at least 1 must" in head
    assert head.index("min\\_admins") < head.index("deactivations")
    assert "scimflow approve" not in head


def test_a_plan_with_nothing_to_do_says_so_and_asks_for_nothing() -> None:
    page = plan_markdown(sample.plan())
    assert "nothing to do" in page
    assert "scimflow apply" not in page
    assert "scimflow approve" not in page


def test_a_plan_says_of_how_many_rows_it_knows_nothing() -> None:
    assert "2 rows set aside, see `scimflow check`" in plan_markdown(sample.plan())


def test_a_plan_lists_operations_by_kind_with_their_reasons() -> None:
    page = plan_markdown(HELD)
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Guardrails", "## Deactivate 1 account", "## Update 1 account",
        "## Reactivate 1 account", "## Create 1 account", "## Adopt 1 account", "## Findings",
        "## Counts", "## Made from",
    ]  # fmt: skip
    assert HELD.digest in page


@pytest.mark.parametrize(
    ("state", "plan", "expected"),
    [
        (
            RunState.HELD,
            HELD,
            ["the limit is 5", f"scimflow approve {sample.RUN_ID}\nscimflow apply {sample.RUN_ID}"],
        ),
        (RunState.REFUSED, REFUSED, ["at least 1 must", "Remove the cause", "scimflow plan -o"]),
        (RunState.REFUSED, None, ["Make and review a new plan", "scimflow plan -o PLAN"]),
        (RunState.REFUSED_BY_CONTRACT, None, ["corrected export", "scimflow check"]),
        (RunState.PARTLY_APPLIED, HELD, [f"scimflow history {sample.RUN_ID}", "scimflow retry"]),
        (RunState.FAILED, None, ["scimflow doctor"]),
    ],
)
def test_a_run_that_needs_somebody_says_what_to_do(
    state: RunState, plan: object, expected: list[str]
) -> None:
    head = first_lines(run_markdown(sample.run(state), (), plan, None))  # type: ignore[arg-type]
    for text in expected:
        assert text in head


def test_a_run_in_which_all_went_well_asks_for_nothing() -> None:
    page = run_markdown(sample.run(), (), sample.plan(), None)
    assert "scimflow" not in page


def test_a_run_tells_what_was_done_to_how_many_and_why() -> None:
    page = run_markdown(sample.run(), (sample.REPORT,), HELD, sample.LOAD)
    assert "| deactivate | leaver | the export says that the person has left | 1 | 1 |" in page
    assert "| create | joiner | employed, and has no account yet | 1 | 0 |" in page
    assert "somebody else's account has this userName" in page
    assert "POST /Users: 409 in 31 ms" in page
    assert "no answer in 30000 ms" in page


def test_people_of_one_reason_are_told_together_without_what_is_each_ones_own() -> None:
    second = replace(sample.MOVER, worker_key="1099", explanation="differs from the export: title")
    page = run_markdown(sample.run(), (), sample.plan(sample.MOVER, second), None)
    assert "| update | renamed | differs from the export | 2 | none: not carried out |" in page


def test_a_run_names_its_files() -> None:
    page = run_markdown(sample.run(), (sample.REPORT,), HELD, sample.LOAD, folder="out")
    files = page.partition("## Files")[2]
    for name in (f"out/{sample.RUN_ID}", "plan.json", "run.json", "report.md", "quarantine-hr"):
        assert name in files


def test_a_run_that_stopped_says_why() -> None:
    load = sample.LOAD.__class__(outcomes=(), stopped="the token was revoked")
    assert "the token was revoked" in run_markdown(sample.run(), (), sample.plan(), load)


def test_contracts_are_told_rule_by_rule() -> None:
    page = check_markdown([sample.REPORT, sample.REFUSED_REPORT])
    assert "sets the row aside | broken by 2 rows | 12, 13 |" in page
    assert "refuses the export | holds |" in page
    assert r"idp: column \`status\` is missing" in page


HOSTILE = "[x](http://evil.test)<script>|`_*"


def test_nothing_from_outside_is_markup_in_any_page() -> None:
    operation = replace(sample.LEAVER, user_name=HOSTILE, worker_key=HOSTILE, account_id=HOSTILE)
    finding = sample.FINDINGS[0].model_copy(update={"subject": HOSTILE, "message": HOSTILE})
    adoption = replace(sample.ADOPTION, user_name=HOSTILE, account_id=HOSTILE)
    plan = sample.plan(operation, adoptions=(adoption,), findings=(finding,))
    load = sample.LOAD.__class__(
        outcomes=(sample.outcome(operation, OutcomeResult.FAILED, HOSTILE),), stopped=HOSTILE
    )
    run = sample.run(RunState.PARTLY_APPLIED, HOSTILE)
    pages = [plan_markdown(plan), run_markdown(run, (sample.REPORT,), plan, load)]
    for page in pages:
        tokens = MarkdownIt("commonmark").enable("table").parse(page)
        inline = [child.type for token in tokens for child in token.children or ()]
        assert HOSTILE not in page
        assert {"link_open", "html_inline", "image", "em_open"}.isdisjoint(inline)
        assert "html_block" not in {token.type for token in tokens}


def test_a_plan_of_ten_thousand_operations_is_a_page_of_bounded_size_at_once() -> None:
    plan = sample.joiners(10_000)
    started = time.process_time()
    page = plan_markdown(plan)
    assert time.process_time() - started < 1
    assert len(page) < 100_000
    assert "... and 9,800 more: see plan.json in the run's folder" in page
    assert "Create 10,000 accounts" in page


def test_a_page_links_to_a_run_s_files_where_a_browser_finds_them() -> None:
    run = sample.run(RunState.FAILED)
    page = run_markdown(run, [], None, None, files_url="https://files.acme.example/scimflow/")
    address = f"https://files.acme.example/scimflow/{run.run_id}/"
    assert f"[The files of this run]({address}):" in page
    assert "On the machine that ran it" not in page
    assert f"in runs/{run.run_id}" in run_markdown(run, [], None, None).replace("\\", "")
