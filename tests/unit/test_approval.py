"""Which approvals of a plan count, and what needs approval always."""

import pytest

from data_contracts.approval import (
    Approval,
    Rejection,
    RejectionCause,
    counting,
    same_person,
    standing_rejection,
)
from data_contracts.errors import ConfigurationError
from tests.builders import settings
from tests.ledger_parts import moment

PLAN = "sha256:ab"


def yes(name: str, minutes: float) -> Approval:
    return Approval(PLAN, name, moment(minutes))


def no(minutes: float, cause: RejectionCause = RejectionCause.PERSON) -> Rejection:
    return Rejection(PLAN, "grace", moment(minutes), cause)


def test_a_person_counts_once_however_the_name_is_written() -> None:
    first, second = yes("Ada  Moreau", 1), yes("Grace", 3)
    assert counting([second, first, yes(" ada moreau", 2)], []) == (first, second)
    assert not same_person("Ada", "Adam")


@pytest.mark.parametrize("cause", list(RejectionCause))
def test_what_was_approved_before_a_rejection_no_longer_counts(cause: RejectionCause) -> None:
    later = yes("Ada", 5)
    assert counting([yes("Ada", 1), yes("Grace", 3), later], [no(3, cause)]) == (later,)


def test_a_person_s_rejection_stands_until_somebody_approves_later() -> None:
    assert standing_rejection([yes("Ada", 1)], [no(2)]) == no(2)
    assert standing_rejection([yes("Ada", 3)], [no(2)]) is None
    assert standing_rejection([yes("Ada", 3)], [no(2), no(4)]) == no(4)


def test_time_and_newer_plans_say_nothing_about_the_plan_itself() -> None:
    others = [cause for cause in RejectionCause if cause is not RejectionCause.PERSON]
    assert standing_rejection([], [no(2, cause) for cause in others]) is None


def test_only_named_reviewers_count_where_there_are_names() -> None:
    assert settings().approval.counts("anybody")
    assert not settings().approval.counts("  ")
    rules = settings("approval: {reviewers: [Ada Moreau, Grace]}").approval
    assert rules.counts("ada  moreau")
    assert not rules.counts("anybody")


def test_two_people_have_to_be_two() -> None:
    with pytest.raises(ConfigurationError, match="as many different `reviewers`"):
        settings("approval: {people: 2, reviewers: [Ada, ada]}")


def test_what_is_always_approved_belongs_to_what_a_plan_was_made_from() -> None:
    before = settings()
    assert settings("approval: {people: 2, timeout_h: 1}").digest == before.digest
    assert settings("approval: {always: {role_upgrades: true}}").digest != before.digest


def test_files_are_linked_at_web_addresses_alone() -> None:
    page = settings("report: {files_url: 'https://files.acme.example/runs'}").report
    assert page.files_url == "https://files.acme.example/runs"
    for address in ("javascript:alert(1)", "https://a b", "file:///runs", "https://x)[y](z"):
        with pytest.raises(ConfigurationError, match="files_url"):
            settings(f"report: {{files_url: '{address}'}}")
