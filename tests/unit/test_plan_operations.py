"""What is done to whom: kinds, reasons, what is written, what stood there before."""

from typing import Any

import pytest

from data_contracts.plan import Plan, RowReference
from data_contracts.words import OperationKind, Verdict
from tasks.plan.staleness import what_moved
from tests.builders import ROLE, WORK_EMAIL, World, codes, operation, quarantined, what

Row = dict[str, Any]
ANN: Row = {"id": "w1", "ext": "x1", "email": "ann@acme.example", "given": "Ann", "title": "PM"}
LINK = [("w1", "a1")]
READ_INCOMPLETE = {"acme": {"target-read-incomplete"}}


def ann(**more: Any) -> Row:
    return {**ANN, **more}


def there(**more: Any) -> Row:
    """Ann's account, in step with her row."""
    return {
        "id": "a1",
        "userName": "ann@acme.example",
        "externalId": "x1",
        "name.givenName": "Ann",
        WORK_EMAIL: "ann@acme.example",
        "title": "PM",
        **more,
    }


def test_a_joiner_is_created_with_everything_mapped() -> None:
    plan = World(hr=[ann(email=" Ann@Acme.example ")]).plan()
    created = operation(plan, "w1")
    assert (created.kind, created.reason) == ("create", "joiner")
    assert created.attributes == {
        "active": True,
        "userName": "ann@acme.example",
        "externalId": "x1",
        "name.givenName": "Ann",
        WORK_EMAIL: " Ann@Acme.example ",
        "title": "PM",
    }
    assert created.before == {}
    assert created.account_id is None
    assert created.fingerprint is None
    assert created.correlated_by is None
    assert created.user_name == "ann@acme.example"
    assert created.explanation == "employed, and has no account yet"
    assert created.operation_id == "create/w1"


def test_what_is_empty_is_left_out_of_a_new_account() -> None:
    conf = "mapping: {title: {column: title, clear_when_empty: true}}"
    created = operation(World(hr=[ann(given=None, title=None)], conf=conf).plan(), "w1")
    assert "name.givenName" not in created.attributes
    assert "title" not in created.attributes


@pytest.mark.parametrize(
    ("row", "conf", "reason", "explanation"),
    [
        ({"_state": "leaver"}, "", "leaver", "the export says that the person has left"),
        ({"last": "2026-03-01"}, "", "leaver", "the last day of work has passed"),
        ({"_state": "suspended"}, "", "suspended", "suspended"),
        (
            {"_state": "on_leave"},
            "lifecycle: {on_leave: deactivate}",
            "on-leave",
            "on leave, and leaves of absence deactivate",
        ),
        (
            {"type": "TEMP"},
            "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}], "
            "on_exit: deactivate}",
            "out-of-scope",
            "still employed, and no longer in scope",
        ),
        (None, "", "absent-from-roster", "no longer in an export that holds everybody"),
    ],
)
def test_a_deactivation_writes_active_alone_and_says_why(
    row: Row | None, conf: str, reason: str, explanation: str
) -> None:
    changed = [] if row is None else [ann(**row, title="changed too")]
    plan = World(hr=changed, accounts=[there()], links=LINK, conf=conf).plan()
    gone = operation(plan, "w1")
    assert gone.kind == "deactivate"
    assert (gone.reason, gone.explanation) == (reason, explanation)
    assert gone.attributes == {"active": False}
    assert gone.before == {"active": True}
    assert gone.user_name == "ann@acme.example"
    assert gone.correlated_by == "link"


def test_a_mover_is_updated_in_what_differs_and_nothing_else() -> None:
    plan = World(hr=[ann(title="Lead", given="Anna")], accounts=[there()], links=LINK).plan()
    moved = operation(plan, "w1")
    assert (moved.kind, moved.reason) == ("update", "mover")
    assert moved.attributes == {"name.givenName": "Anna", "title": "Lead"}
    assert moved.before == {"name.givenName": "Ann", "title": "PM"}
    assert moved.explanation == "differs from the export: name.givenName, title"
    assert list(moved.attributes) == sorted(moved.attributes)


def test_a_new_address_renames_the_account() -> None:
    plan = World(hr=[ann(email="lee@acme.example")], accounts=[there()], links=LINK).plan()
    renamed = operation(plan, "w1")
    assert renamed.reason == "renamed"
    assert renamed.user_name == "lee@acme.example"
    assert renamed.before["userName"] == "ann@acme.example"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"email": "ANN@Acme.Example"}, {}),
        ({}, {"userName": "Ann@acme.example", WORK_EMAIL: "ANN@ACME.example"}),
        ({"title": " PM "}, {}),
        ({}, {"title": "PM\t"}),
        ({"given": "Zoë"}, {"name.givenName": "Zoe\u0308"}),
        ({"title": None}, {}),
        ({"title": None}, {"title": None}),
        ({"title": "  "}, {}),
        ({"given": None}, {"name.givenName": ""}),
    ],
)
def test_equal_normal_forms_and_empty_cells_change_nothing(ours: Row, theirs: Row) -> None:
    plan = World(hr=[ann(**ours)], accounts=[there(**theirs)], links=LINK).plan()
    assert plan.is_empty


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"title": "pm"}, {}),
        ({"ext": "X1"}, {}),
        ({"given": "Änn"}, {}),
        ({}, {"title": None}),
        ({}, {"title": ""}),
    ],
)
def test_a_change_of_case_in_a_title_or_an_external_id_is_a_change(ours: Row, theirs: Row) -> None:
    plan = World(hr=[ann(**ours)], accounts=[there(**theirs)], links=LINK).plan()
    assert what(plan) == {"w1": "update"}


def test_an_empty_cell_clears_only_where_the_mapping_says_so() -> None:
    conf = "mapping: {title: {column: title, clear_when_empty: true}}"
    world = World(hr=[ann(title=None)], accounts=[there()], links=LINK, conf=conf)
    cleared = operation(world.plan(), "w1")
    assert cleared.attributes == {"title": ""}
    assert cleared.before == {"title": "PM"}
    world.accounts = [there(title=None)]
    assert world.plan().is_empty


def test_what_is_set_at_creation_alone_is_not_kept_in_step() -> None:
    conf = "mapping: {title: {column: title, when: create}}"
    assert operation(World(hr=[ann()], conf=conf).plan(), "w1").attributes["title"] == "PM"
    world = World(hr=[ann(title="Lead")], accounts=[there()], links=LINK, conf=conf)
    assert world.plan().is_empty


def test_what_the_target_does_not_keep_is_sent_at_creation_and_not_compared() -> None:
    conf = "target: {not_kept: [title]}"
    assert operation(World(hr=[ann()], conf=conf).plan(), "w1").attributes["title"] == "PM"
    world = World(hr=[ann()], accounts=[there(title=None)], links=LINK, conf=conf)
    assert world.plan().is_empty


def test_a_role_is_kept_in_step_or_given_at_creation_alone() -> None:
    world = World(
        hr=[ann()],
        accounts=[there(**{ROLE: "viewer"})],
        links=LINK,
        conf="roles: {default: maker}",
    )
    assert operation(world.plan(), "w1").attributes == {ROLE: "maker"}
    world.conf = "roles: {default: maker, when: create}"
    assert world.plan().is_empty
    assert operation(World(hr=[ann()], conf=world.conf).plan(), "w1").attributes[ROLE] == "maker"


def test_an_adopted_account_that_differs_is_updated_for_that_reason() -> None:
    plan = World(hr=[ann(title="Lead")], accounts=[there()]).plan()
    adopted = operation(plan, "w1")
    assert (adopted.kind, adopted.reason) == ("update", "adopted")
    (adoption,) = plan.adoptions
    assert adoption.worker_key == "w1"
    assert adoption.account_id == "a1"
    assert adoption.user_name == "ann@acme.example"
    assert adoption.external_id == "x1"


def test_an_adopted_account_in_step_is_adopted_and_not_written() -> None:
    plan = World(hr=[ann()], accounts=[there()]).plan()
    assert plan.operations == ()
    assert len(plan.adoptions) == 1
    assert not plan.is_empty


def test_a_rehire_gets_the_same_account_back_and_its_changes_with_it() -> None:
    world = World(
        hr=[ann(title="Lead")],
        accounts=[there(active=False)],
        links=LINK,
        deactivated_by_us=["w1"],
    )
    back = operation(world.plan(), "w1")
    assert (back.kind, back.reason) == ("reactivate", "rehire")
    assert back.attributes == {"active": True, "title": "Lead"}
    assert back.before == {"active": False, "title": "PM"}
    assert back.explanation.endswith("; differs too: title")


@pytest.mark.parametrize(
    ("policy", "ours", "kind"),
    [
        ("always", True, "reactivate"),
        ("always", False, "reactivate"),
        ("ours", True, "reactivate"),
        ("ours", False, None),
        ("never", True, None),
        ("never", False, None),
    ],
)
@pytest.mark.parametrize("links", [LINK, []])
def test_an_inactive_account_comes_back_as_the_settings_say(
    policy: str, ours: bool, kind: str | None, links: list[tuple[str, str]]
) -> None:
    plan = World(
        hr=[ann(title="Lead")],
        accounts=[there(active=False)],
        links=links,
        conf=f"lifecycle: {{reactivate: {policy}}}",
        deactivated_by_us=["w1"] if ours else [],
    ).plan()
    assert what(plan) == ({"w1": kind} if kind else {})
    if kind is None:
        assert codes(plan) == {"w1": {"inactive-at-target"}}
        assert plan.adoptions == ()
    else:
        assert operation(plan, "w1").reason == ("rehire" if ours else "inactive-at-target")


def test_an_account_that_is_active_before_the_first_day_is_told_of_and_left() -> None:
    plan = World(hr=[ann(hire="2026-04-01")], accounts=[there()], links=LINK).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"active-before-first-day"}}


def test_a_joiner_before_the_first_day_says_so() -> None:
    conf = "lifecycle: {prehire_days: 40}"
    joiner = operation(World(hr=[ann(hire="2026-04-01")], conf=conf).plan(), "w1")
    assert joiner.reason == "prehire"


@pytest.mark.parametrize("account", [None, "inactive"])
def test_a_leaver_without_an_active_account_is_left_alone(account: str | None) -> None:
    accounts = [there(active=False)] if account else []
    for links in (LINK, []):
        assert World(hr=[ann(_state="leaver")], accounts=accounts, links=links).plan().is_empty


def test_a_leaver_whose_account_is_found_at_first_sight_is_deactivated_and_adopted() -> None:
    plan = World(hr=[ann(_state="leaver")], accounts=[there()]).plan()
    assert what(plan) == {"w1": "deactivate"}
    assert [a.worker_key for a in plan.adoptions] == ["w1"]


ONLY_FTE = "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}]}"


@pytest.mark.parametrize("state", ["active", "leaver", "suspended"])
@pytest.mark.parametrize("accounts", [[], [there()], [there(active=False)]])
def test_nobody_out_of_scope_and_unmanaged_is_touched(state: str, accounts: list[Row]) -> None:
    world = World(hr=[ann(type="TEMP", _state=state)], accounts=accounts, conf=ONLY_FTE)
    assert world.plan().is_empty


def test_a_managed_leaver_is_deactivated_wherever_they_are() -> None:
    row = ann(type="TEMP", _state="leaver")
    world = World(hr=[row], accounts=[there()], links=LINK, conf=ONLY_FTE)
    assert what(world.plan()) == {"w1": "deactivate"}


@pytest.mark.parametrize(
    ("on_exit", "expected"), [("keep", {}), ("deactivate", {"w1": "deactivate"})]
)
def test_somebody_employed_who_left_the_scope_is_kept_or_deactivated(
    on_exit: str, expected: dict[str, str]
) -> None:
    conf = (ONLY_FTE, f"scope: {{on_exit: {on_exit}}}")
    row = ann(type="TEMP", title="changed")
    plan = World(hr=[row], accounts=[there()], links=LINK, conf=conf).plan()
    assert what(plan) == expected
    assert ("left-scope" in codes(plan).get("w1", set())) == (on_exit == "keep")


def test_nobody_comes_back_out_of_scope() -> None:
    row = ann(type="TEMP")
    world = World(hr=[row], accounts=[there(active=False)], links=LINK, conf=ONLY_FTE)
    assert world.plan().is_empty


@pytest.mark.sampled(16)
@pytest.mark.parametrize(
    "protected", ["ann@acme.example", " ANN@acme.example", "a1", "lee@acme.example"]
)
@pytest.mark.parametrize(
    "row",
    [
        ann(email="lee@acme.example"),
        ann(email="lee@acme.example", _state="leaver"),
        ann(email="lee@acme.example", _state="suspended"),
    ],
)
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("links", [LINK, []])
def test_protected_accounts_are_never_touched_and_protected_names_never_given(
    protected: str, row: Row, active: bool, links: list[tuple[str, str]]
) -> None:
    world = World(
        hr=[row],
        accounts=[there(active=active)],
        links=links,
        conf=f"target: {{protected: ['{protected}']}}",
    )
    assert world.plan().is_empty
    assert "protected" in codes(world.plan())["w1"]


def test_a_protected_account_of_somebody_absent_stays() -> None:
    conf = "target: {protected: [ann@acme.example]}"
    assert World(accounts=[there()], links=LINK, conf=conf).plan().is_empty


def test_a_protected_name_is_not_created() -> None:
    conf = "target: {protected: [Ann@acme.example]}"
    assert World(hr=[ann()], conf=conf).plan().is_empty


def test_a_name_that_another_account_has_is_not_asked_for() -> None:
    taken = {"id": "a2", "userName": "LEE@acme.example"}
    plan = World(hr=[ann(email="lee@acme.example")], accounts=[there(), taken], links=LINK).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"user-name-taken"}}


def test_two_people_who_swap_names_are_both_left_to_a_person() -> None:
    bob = {"id": "w2", "ext": "x2", "email": "ann@acme.example", "given": "Bob", "title": "PM"}
    his = {"id": "a2", "userName": "bob@acme.example", "externalId": "x2", "name.givenName": "Bob"}
    plan = World(
        hr=[ann(email="bob@acme.example"), bob],
        accounts=[there(), his],
        links=[*LINK, ("w2", "a2")],
    ).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"user-name-taken"}, "w2": {"user-name-taken"}}


def test_an_external_id_that_another_account_has_is_not_written() -> None:
    taken = {"id": "a2", "userName": "bob@acme.example", "externalId": "x2", "active": False}
    plan = World(hr=[ann(ext="x2")], accounts=[there(), taken], links=LINK).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"external-id-taken"}}
    free = {**taken, "externalId": "X2"}  # case counts
    assert what(World(hr=[ann(ext="x2")], accounts=[there(), free], links=LINK).plan()) == {
        "w1": "update"
    }


def test_a_login_row_under_the_wrong_number_gives_nobody_two_identities() -> None:
    """One typing error at the IdP, and Ann would be Bob to whoever trusts the externalId."""
    conf = "mapping: {userName: {column: email}, externalId: external_id}"
    bob = {"id": "w2", "number": "2", "email": "bob@acme.example", "given": "Bob", "title": "PM"}
    his = {
        "id": "a2",
        "userName": "bob@acme.example",
        WORK_EMAIL: "bob@acme.example",
        "externalId": "x2",
        "name.givenName": "Bob",
        "title": "PM",
    }
    plan = World(
        hr=[ann(number="1"), bob],
        idp=[{"uid": "x2", "login": "bob@acme.example", "mail": "b@other.example", "number": "1"}],
        accounts=[there(), his],
        links=[*LINK, ("w2", "a2")],
        conf=conf,
    ).plan()
    assert not plan.operations
    assert "external-id-taken" in codes(plan)["w1"]


def test_a_name_in_another_case_is_ones_own() -> None:
    world = World(
        hr=[ann(title="Lead")],
        accounts=[there(userName="ANN@acme.example", active=False)],
        links=LINK,
    )
    assert what(world.plan()) == {"w1": "reactivate"}


def test_an_account_is_not_brought_back_beside_another_with_the_persons_name() -> None:
    """The person seems to have an account of their own making already."""
    conf = "mapping: {userName: {column: email, when: create}}"
    second = {"id": "a2", "userName": "new@acme.example"}
    world = World(
        hr=[ann(email="new@acme.example")],
        accounts=[there(active=False), second],
        links=LINK,
        conf=conf,
    )
    assert world.plan().is_empty
    assert codes(world.plan()) == {"w1": {"user-name-taken"}}


def test_after_an_incomplete_read_nobody_is_deactivated() -> None:
    for rows in ([ann(_state="leaver")], [ann(last="2026-01-01")], []):
        plan = World(hr=rows, accounts=[there()], links=LINK, complete_read=False).plan()
        assert plan.is_empty
        assert codes(plan) == {"w1": {"deactivation-put-off"}, **READ_INCOMPLETE}


def test_after_an_incomplete_read_nobody_is_created() -> None:
    for links in ([], [("w1", "on a page that was not read")]):
        plan = World(hr=[ann()], links=links, complete_read=False).plan()
        assert plan.is_empty
        assert codes(plan) == {"w1": {"creation-put-off"}, **READ_INCOMPLETE}


@pytest.mark.parametrize("links", [[], [("w1", "on a page that was not read")]])
@pytest.mark.parametrize("active", [True, False])
def test_after_an_incomplete_read_no_account_comes_under_management(
    links: list[tuple[str, str]], active: bool
) -> None:
    """The stronger match, or the linked account itself, may be on a page that was not read."""
    accounts = [there(externalId=None, active=active)]
    plan = World(hr=[ann()], accounts=accounts, links=links, complete_read=False).plan()
    assert plan.is_empty


def test_after_an_incomplete_read_linked_accounts_are_still_kept_in_step() -> None:
    world = World(hr=[ann(title="Lead")], accounts=[there()], links=LINK, complete_read=False)
    assert what(world.plan()) == {"w1": "update"}


@pytest.mark.parametrize(
    ("complete_roster", "conf"),
    [
        (False, ""),
        (True, "sources: {hr: {complete_roster: false}}"),
        (True, "lifecycle: {absent: keep}"),
    ],
)
def test_absence_makes_no_leaver_where_it_is_not_meant_so(complete_roster: bool, conf: str) -> None:
    plan = World(accounts=[there()], links=LINK, complete_roster=complete_roster, conf=conf).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"absent-not-meant"}}


def test_the_settings_may_call_a_roster_complete_that_does_not_say_so_itself() -> None:
    conf = "sources: {hr: {complete_roster: true}}"
    world = World(accounts=[there()], links=LINK, complete_roster=False, conf=conf)
    assert what(world.plan()) == {"w1": "deactivate"}


def test_leavers_come_first_then_by_worker_key() -> None:
    people = [
        ann(id="w9", ext="x9", email="9@x", _state="leaver"),
        ann(id="w3", ext="x3", email="3@x"),
        ann(id="w1", ext="x1", email="1@x"),
        ann(id="w7", ext="x7", email="7@x"),
        ann(id="w5", ext="x5", email="5@x", _state="leaver"),
        ann(id="w4", ext="x4", email="4@x"),
    ]
    accounts = [
        there(id=f"a{n}", userName=f"{n}@x", externalId=f"x{n}", active=n != "4", title="Old")
        for n in "94751"
    ]
    plan = World(hr=people, accounts=accounts).plan()
    assert [o.operation_id for o in plan.operations] == [
        "deactivate/w5", "deactivate/w9", "update/w1", "update/w7", "reactivate/w4", "create/w3",
    ]  # fmt: skip
    assert [a.worker_key for a in plan.adoptions] == ["w1", "w4", "w5", "w7", "w9"]


def test_an_operation_names_the_rows_that_led_to_it() -> None:
    idp = [{"uid": "x1", "mail": "ann@acme.example", "_line": 7}]
    both = operation(World(hr=[ann(_line=12)], idp=idp).plan(), "w1")
    assert both.rows == (RowReference(source="hr", line=12), RowReference(source="idp", line=7))
    one = operation(World(hr=[ann(_line=12)], idp=[]).plan(), "w1")
    assert one.rows == (RowReference(source="hr", line=12),)
    none = operation(World(accounts=[there()], links=LINK).plan(), "w1")
    assert none.rows == ()


def test_a_fingerprint_tells_a_change_of_the_account_and_not_of_its_version() -> None:
    def fingerprint(**more: Any) -> str | None:
        world = World(hr=[ann(title="Lead")], accounts=[there(**more)], links=LINK)
        return operation(world.plan(), "w1").fingerprint

    assert fingerprint() == fingerprint(version='W/"2"')
    assert fingerprint() != fingerprint(title="Boss")
    assert fingerprint() != fingerprint(userName="other@acme.example")


def test_a_quarantined_row_that_names_somebody_as_their_account_does_keeps_them() -> None:
    world = World(
        hr=[ann(email="new@acme.example", _state="leaver")],
        accounts=[there()],
        links=LINK,
        held=[quarantined(None, "Ann@acme.example", source="idp")],
        idp=[],
    )
    assert world.plan().is_empty
    assert "quarantined" in codes(world.plan())["w1"]


def everybody_and_all_kinds(**more: Any) -> World:
    """A leaver, a mover and a joiner, an account to adopt, and one of a leaver to adopt."""
    hr = [
        ann(last="2026-03-01"),
        {"id": "w2", "ext": "x2", "email": "bob@acme.example", "given": "Bob", "title": "CEO"},
        {"id": "w3", "ext": "x3", "email": "cleo@acme.example", "given": "Cleo"},
        {"id": "w4", "ext": "x4", "email": "dan@acme.example", "given": "Dan", "title": "PM"},
        {"id": "w5", "ext": "x5", "email": "eve@acme.example", "last": "2026-03-01"},
    ]
    accounts = [
        there(),
        there(id="a2", userName="bob@acme.example", externalId="x2"),
        there(id="a4", userName="dan@acme.example", externalId="x4"),
        there(id="a5", userName="eve@acme.example", externalId="x5"),
    ]
    return World(hr=hr, accounts=accounts, links=[*LINK, ("w2", "a2")], **more)


def test_a_plan_of_deactivations_alone_does_nothing_else_and_adopts_whom_it_deactivates() -> None:
    whole = everybody_and_all_kinds().plan()
    swept = everybody_and_all_kinds(kinds=frozenset({OperationKind.DEACTIVATE})).plan()
    kinds = {o.kind for o in whole.operations}
    assert {OperationKind.DEACTIVATE, OperationKind.UPDATE, OperationKind.CREATE} <= kinds
    assert {a.worker_key for a in whole.adoptions} == {"w4", "w5"}
    assert [(o.kind, o.worker_key) for o in swept.operations] == [
        (OperationKind.DEACTIVATE, "w1"),
        (OperationKind.DEACTIVATE, "w5"),
    ]
    assert swept.operations == tuple(
        o for o in whole.operations if o.kind is OperationKind.DEACTIVATE
    )
    assert [a.worker_key for a in swept.adoptions] == ["w5"]
    assert swept.kinds == (OperationKind.DEACTIVATE,)
    assert (whole.is_whole, swept.is_whole) == (True, False)
    assert b'"kinds"' not in whole.to_bytes()
    assert Plan.from_bytes(swept.to_bytes()) == swept
    assert what_moved(swept, whole)[0] == (
        "the plan is for other people, or for other kinds of operations"
    )


def test_the_guardrails_judge_a_plan_of_deactivations_as_any_other() -> None:
    conf = "guardrails: {deactivations: {max: 1}}"
    swept = everybody_and_all_kinds(conf=conf, kinds=frozenset({OperationKind.DEACTIVATE})).plan()
    assert swept.verdict is Verdict.HELD
