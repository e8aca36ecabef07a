"""No rendering tells a personal value unless asked to; user keys and roles are always told."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from data_contracts.words import RunState
from tasks.report import documents, tables, terminal
from tasks.report.markdown import check_markdown, plan_markdown, run_markdown
from tasks.report.privacy import is_personal
from tests import report_samples as sample

PLAN = sample.everything(sample.HELD_GUARDRAIL)
RUN = sample.run(RunState.PARTLY_APPLIED)
REPORTS = (sample.REPORT, sample.REFUSED_REPORT)


def on_screen(view: Any) -> str:
    console = Console(width=400, force_terminal=False)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def renderings(show: bool) -> Iterator[tuple[str, str]]:
    """Every public rendering, by name."""
    load, outcomes = sample.LOAD, sample.LOAD.outcomes
    yield "plan page", plan_markdown(PLAN, show_values=show)
    yield "run page", run_markdown(RUN, REPORTS, PLAN, load, show_values=show)
    yield "planned table", json.dumps(tables.operations_table(PLAN, show_values=show))
    yield "done table", json.dumps(tables.operations_table(PLAN, outcomes, show_values=show))
    yield "plan view", on_screen(terminal.plan_view(PLAN, PLAN.digest, show))
    yield "drift view", on_screen(terminal.drift_view(PLAN, show))
    yield "explain view", on_screen(terminal.explain_view(sample.EXPLANATION, show))
    yield "plan JSON", json.dumps(documents.plan_document(PLAN, PLAN.digest, show_values=show))
    yield "run JSON", json.dumps(documents.run_document(RUN, PLAN, load, REPORTS, show_values=show))
    yield "check JSON", json.dumps(documents.check_document(REPORTS, show_values=show))
    yield (
        "explain JSON",
        json.dumps(documents.explain_document(sample.EXPLANATION, show_values=show)),
    )


def never_with_values() -> Iterator[tuple[str, str]]:
    """Renderings that cannot be asked for values."""
    yield "contracts page", check_markdown(REPORTS)
    yield "quarantine table", json.dumps(tables.quarantine_table(REPORTS))
    yield "findings table", json.dumps(tables.findings_table(PLAN))
    yield "guardrails table", json.dumps(tables.guardrails_table(PLAN))
    yield "check view", on_screen(terminal.check_view(REPORTS))
    yield "run view", on_screen(terminal.run_view(RUN, PLAN, sample.LOAD, REPORTS))
    yield "history view", on_screen(terminal.history_view(sample.HISTORY))
    yield "history JSON", json.dumps(documents.history_document(sample.HISTORY))


HIDING = [*renderings(False), *never_with_values()]


@pytest.mark.parametrize(("name", "text"), HIDING, ids=[name for name, _ in HIDING])
def test_no_rendering_tells_a_personal_value_by_default(name: str, text: str) -> None:
    found = [secret for secret in sample.SECRETS if secret in text]
    assert not found, f"{name} tells {found}"


@pytest.mark.parametrize("name", [name for name, _ in renderings(True)])
def test_values_are_shown_when_asked_for(name: str) -> None:
    text = dict(renderings(True))[name]
    assert any(secret in text for secret in sample.SECRETS)


@pytest.mark.parametrize("name", [name for name, _ in renderings(False) if "check" not in name])
def test_user_keys_and_roles_are_always_shown(name: str) -> None:
    text = dict(renderings(False))[name]
    assert "di.evans@acme.test" in text
    assert "1004" in text
    assert "maker" in text


@pytest.mark.parametrize(
    "render",
    [
        lambda: plan_markdown(PLAN),
        lambda: on_screen(terminal.plan_view(PLAN, PLAN.digest)),
        lambda: json.dumps(tables.operations_table(PLAN), ensure_ascii=False),
    ],
)
def test_activity_and_roles_are_shown_with_before_and_after(render: Callable[[], str]) -> None:
    text = render().replace("→", "->").replace("\\", "")
    assert "active true -> false" in text
    assert '"maker" -> "admin"' in text


def test_the_names_of_changed_attributes_are_shown_without_their_values() -> None:
    (mover,) = [o for o in documents.plan_document(PLAN, PLAN.digest)["operations"]
                if o["kind"] == "update"]  # fmt: skip
    title = next(a for a in mover["attributes"] if a["path"] == "title")
    assert title == {
        "path": "title",
        "before": None,
        "after": None,
        "hidden": True,
        "refers_to": None,
    }


@pytest.mark.parametrize(
    ("path", "personal"),
    [
        ("active", False),
        ("roles[primary eq true].value", False),
        ('roles[type eq "app"].display', False),
        ("urn:productboard:scim:2.0:User:role", False),
        ("userName", True),
        ("externalId", True),
        ("title", True),
        ("userType", True),
        ("name.familyName", True),
        ('emails[type eq "active"].value', True),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", True),
        ("rolesOfHonour", True),
    ],
)
def test_only_activity_and_roles_are_not_personal(path: str, personal: bool) -> None:
    assert is_personal(path) is personal


def test_a_value_of_a_megabyte_does_not_fill_the_page() -> None:
    operation = replace(sample.JOINER, attributes={"title": "x" * 1_000_000})
    assert len(plan_markdown(sample.plan(operation), show_values=True)) < 5_000
