"""Which account is whose: the order of keys, and identities that stop at a person."""

from typing import Any

import pytest

from data_contracts.plan import Plan
from tasks.plan.make import make_plan
from tests.builders import WORK_EMAIL, World, codes, operation, quarantined, what

Row = dict[str, Any]


def worker(
    key: str = "w1", ext: str | None = "x1", email: str | None = "ann@x", **more: Any
) -> Row:
    return {"id": key, "ext": ext, "email": email, **more}


def account(
    name: str = "a1", user: str | None = "ann@x", ext: str | None = "x1", email: str | None = None,
    **more: Any,
) -> Row:  # fmt: skip
    return {"id": name, "userName": user, "externalId": ext, WORK_EMAIL: email or user, **more}


def owners(plan: Plan) -> dict[str, tuple[str, str]]:
    """By worker: the account that comes under management, and by what it was found."""
    return {a.worker_key: (a.account_id, str(a.correlated_by)) for a in plan.adoptions}


OTHERS = "mapping: {userName: hr.number, name.givenName: null, title: null}"
"""userName from a column of its own, so that it and the e-mail can differ."""


def test_each_key_finds_the_account_where_the_stronger_ones_say_nothing() -> None:
    people = [
        worker("w1", "x1", "1@x", number="n1"),
        worker("w2", "x2", "2@x", number="n2"),
        worker("w3", "x3", "3@x", number="n3"),
        worker("w4", "x4", "4@x", number="n4"),
    ]
    there = [
        account("a1", "other1", "other1", "other1@x"),
        account("a2", "other2", "x2", "other2@x"),
        account("a3", "n3", None, "other3@x"),
        account("a4", "other4", None, "4@x"),
    ]
    plan = World(hr=people, accounts=there, links=[("w1", "a1")], conf=OTHERS).plan()
    assert owners(plan) == {
        "w2": ("a2", "externalId"), "w3": ("a3", "userName"), "w4": ("a4", "email"),
    }  # fmt: skip
    assert what(plan) == dict.fromkeys(["w1", "w2", "w3", "w4"], "update")
    assert operation(plan, "w1").correlated_by == "link"
    assert operation(plan, "w1").account_id == "a1"


@pytest.mark.parametrize(
    ("linked", "expected"), [("by-link", None), (None, ("by-id", "externalId"))]
)
def test_the_ledgers_link_beats_the_external_id(
    linked: str | None, expected: tuple[str, str] | None
) -> None:
    there = [account("by-link", "b@x", None), account("by-id", "c@x", "x1")]
    world = World(
        hr=[worker(email="z@x")],
        accounts=there,
        links=[("w1", linked)] if linked else [],
        conf="mapping: {externalId: {column: external_id, when: create}}",
    )
    assert owners(world.plan()) == ({"w1": expected} if expected else {})
    assert operation(world.plan(), "w1").account_id == (linked or "by-id")


def test_the_external_id_beats_the_user_name() -> None:
    there = [account("by-name", "n1", None, "n@x"), account("by-id", "m1", "x1", "m@x")]
    plan = World(hr=[worker(number="n1")], accounts=there, conf=OTHERS).plan()
    assert plan.is_empty, "the name it should get is the other account's: a person decides"
    assert codes(plan) == {"w1": {"user-name-taken"}}


def test_the_user_name_beats_the_e_mail_address() -> None:
    there = [account("by-mail", "m1", None, "ann@x"), account("by-name", "n1", None, "n@x")]
    plan = World(hr=[worker(number="n1")], accounts=there, conf=OTHERS).plan()
    assert owners(plan) == {"w1": ("by-name", "userName")}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Ann@X", "ann@x"),
        ("ann@x", "  ANN@X "),
        ("zoë@x", "Zoe\u0308@x"),
    ],
)
@pytest.mark.parametrize("key", ["userName", WORK_EMAIL])
def test_user_names_and_addresses_are_compared_without_case_and_composition(
    ours: str, theirs: str, key: str
) -> None:
    there: Row = {"id": "a1", "userName": "other", "email": "other@x", key: theirs}
    if key == WORK_EMAIL:
        there["email"] = theirs
    conf = "" if key == "userName" else OTHERS
    plan = World(hr=[worker(ext=None, email=ours, number="n9")], accounts=[there], conf=conf).plan()
    assert owners(plan) == {"w1": ("a1", "userName" if key == "userName" else "email")}


def test_external_ids_are_compared_exactly() -> None:
    there = [account("a1", "other@x", "X1")]
    assert what(World(hr=[worker(ext="x1")], accounts=there).plan()) == {"w1": "create"}
    assert owners(World(hr=[worker(ext=" X1 ")], accounts=there).plan()) == {
        "w1": ("a1", "externalId")
    }


def test_somebody_without_an_account_is_a_joiner() -> None:
    plan = World(hr=[worker()], accounts=[account("a2", "bob@x", "x2")]).plan()
    assert what(plan) == {"w1": "create"}
    assert codes(plan) == {}


@pytest.mark.parametrize(("active", "kind"), [(True, "update"), (False, "reactivate")])
def test_a_linked_account_is_found_whatever_its_names_became(active: bool, kind: str) -> None:
    there = [account("a1", "married@x", "x9", active=active)]
    plan = World(hr=[worker()], accounts=there, links=[("w1", "a1")]).plan()
    assert what(plan) == {"w1": kind}
    assert operation(plan, "w1").attributes["userName"] == "ann@x"


def test_a_link_to_a_vanished_account_makes_a_new_one() -> None:
    plan = World(hr=[worker()], links=[("w1", "gone")]).plan()
    assert operation(plan, "w1").kind == "create"
    assert operation(plan, "w1").reason == "account-gone"


def test_somebody_whose_linked_account_vanished_may_be_found_by_another_key() -> None:
    plan = World(hr=[worker()], accounts=[account("a2")], links=[("w1", "gone")]).plan()
    assert owners(plan) == {"w1": ("a2", "externalId")}


def test_a_match_by_address_alone_to_an_account_with_another_external_id_is_a_conflict() -> None:
    there = [account("a1", "somebody", "x9", "ann@x")]
    plan = World(hr=[worker(number="n1")], accounts=there, conf=OTHERS).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"account-conflict"}}


def test_a_match_by_address_to_an_account_with_an_external_id_that_we_know_nothing_of() -> None:
    there = [account("a1", "somebody", "x9", "ann@x")]
    plan = World(hr=[worker(ext=None, number="n1")], accounts=there, conf=OTHERS).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"account-conflict"}}


def test_without_external_ids_in_the_mapping_an_address_finds_no_account_that_has_one() -> None:
    conf = (OTHERS, "mapping: {externalId: null}")
    there = [account("a1", "somebody", "x9", "ann@x")]
    plan = World(hr=[worker(number="n1")], accounts=there, conf=conf).plan()
    assert codes(plan) == {"w1": {"account-conflict"}}


def test_a_match_by_user_name_to_an_account_with_another_external_id_is_a_conflict() -> None:
    plan = World(hr=[worker(ext="x1")], accounts=[account(ext="x9")]).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"account-conflict"}}


def test_by_user_name_an_account_is_found_that_another_tool_gave_an_external_id() -> None:
    plan = World(hr=[worker(ext=None)], accounts=[account(ext="x9")]).plan()
    assert owners(plan) == {"w1": ("a1", "userName")}
    assert what(plan) == {}, "an external id that we do not know is left alone"


@pytest.mark.parametrize("key", ["externalId", "userName", "email"])
def test_an_account_that_is_linked_to_another_worker_is_never_handed_over(key: str) -> None:
    """The reused address: the leaver's account is not the joiner's."""
    there = account("a1", "n1", "x1", "ann@x")
    joiner = {
        "externalId": worker("new", "x1", "new@x", number="n9"),
        "userName": worker("new", None, "new@x", number="n1"),
        "email": worker("new", None, "ann@x", number="n9"),
    }[key]
    leaver = worker("old", "x0", "old@x", number="n0", _state="leaver")
    plan = World(hr=[leaver, joiner], accounts=[there], links=[("old", "a1")], conf=OTHERS).plan()
    assert "new" not in what(plan)
    assert "new" not in owners(plan)
    assert codes(plan)["new"] == {"account-conflict"}


def reused(state: str, joiner_ext: str | None) -> World:
    """A joiner with the address of somebody who left, whose account the ledger links."""
    leaver = worker("old", "x1", "ann@x", _state=state)
    return World(
        hr=[leaver, worker("new", joiner_ext, "ann@x")],
        accounts=[account("a1", "ann@x", "x1")],
        links=[("old", "a1")],
    )


def test_a_reused_address_takes_the_leavers_access_and_leaves_the_joiner_to_a_person() -> None:
    for ext in (None, "x2"):
        plan = reused("leaver", ext).plan()
        assert what(plan) == {"old": "deactivate"}
        assert codes(plan) == {"new": {"account-conflict"}}


NAMED = "mapping: {name.familyName: family_name}"


@pytest.mark.parametrize(
    ("now", "conf", "leaves"),
    [
        ({"given": "Ann", "family": "Lee"}, NAMED, False),
        ({"given": " ann ", "family": "LEE"}, NAMED, False),
        ({"given": "Ann", "family": "Moe"}, NAMED, True),
        ({"given": "Bea", "family": "Lee"}, NAMED, True),
        ({"given": "Ann", "family": None}, NAMED, True),  # a given name alone says too little
        ({"given": "Ann", "family": "Lee"}, "", True),  # no family name is mapped
    ],
)
def test_who_left_and_who_came_with_the_same_name_at_the_same_address_are_perhaps_one(
    now: Row, conf: str, leaves: bool
) -> None:
    """A rehire, or a move to another company of the group: nobody is locked out by a guess."""
    left = worker("old", None, "ann@x", given="Ann", family="Lee", _state="leaver")
    people = [left, worker("new", None, "ann@x", **now)]
    there = account("a1", "ann@x", None, **{"name.givenName": "Ann", "name.familyName": "Lee"})
    plan = World(hr=people, accounts=[there], links=[("old", "a1")], conf=conf).plan()
    assert what(plan) == ({"old": "deactivate"} if leaves else {})
    told = {"new": {"account-conflict"}}
    assert codes(plan) == (told if leaves else {**told, "old": {"account-claimed"}})


def test_an_ex_employee_whose_address_somebody_has_now_is_no_news_in_every_run() -> None:
    gone = worker("w1", "x1", "ann@x", _state="leaver", last="2019-12-31")
    now = worker("w2", "x2", "ann@x", given="Ann", title="PM")
    theirs = account("a2", "ann@x", "x2", title="PM", **{"name.givenName": "Ann"})
    for links in ([("w2", "a2")], []):
        plan = World(hr=[gone, now], accounts=[theirs], links=links).plan()
        assert codes(plan) == {}
        assert not plan.operations


@pytest.mark.parametrize(("active", "told"), [(True, {"w1": {"account-conflict"}}), (False, {})])
def test_a_leaver_is_told_of_as_long_as_an_account_of_nobody_may_be_theirs(
    active: bool, told: dict[str, set[str]]
) -> None:
    gone = worker("w1", "x1", _state="leaver")
    plan = World(hr=[gone], accounts=[account("a1", ext="other", active=active)]).plan()
    assert codes(plan) == told
    assert not plan.operations


def test_a_leaver_whose_external_id_is_somebody_employeds_is_the_same_person() -> None:
    """A contractor who became an employee: the old number ended, the login did not."""
    plan = reused("leaver", "x1").plan()
    assert plan.is_empty
    assert codes(plan) == {"old": {"account-claimed"}, "new": {"account-conflict"}}


@pytest.mark.parametrize("ext", ["x1", "x2", None])
def test_an_absent_number_whose_account_somebody_employed_claims_is_no_leaver(
    ext: str | None,
) -> None:
    """Every number changed: nobody left."""
    plan = World(
        hr=[worker("new", ext, "ann@x")],
        accounts=[account("a1", "ann@x", "x1")],
        links=[("old", "a1")],
    ).plan()
    assert plan.is_empty
    assert codes(plan) == {"old": {"account-claimed"}, "new": {"account-conflict"}}


def test_a_claim_by_somebody_who_left_too_holds_nobody() -> None:
    plan = World(
        hr=[worker("new", "x1", "ann@x", _state="leaver")],
        accounts=[account("a1", "ann@x", "x1")],
        links=[("old", "a1")],
    ).plan()
    assert what(plan) == {"old": "deactivate"}


@pytest.mark.parametrize("key", ["externalId", "userName", "email"])
def test_two_people_for_one_account_are_both_left_to_a_person(key: str) -> None:
    first, second = {
        "externalId": (worker("w1", "x1", "1@x"), worker("w2", "x1", "2@x")),
        "userName": (worker("w1", None, "ann@x"), worker("w2", None, "ann@x")),
        "email": (worker("w1", None, "ann@x", number="1"), worker("w2", None, "ann@x", number="2")),
    }[key]
    there = account("a1", "other" if key == "email" else "ann@x", None if key == "email" else "x1")
    conf = OTHERS if key == "email" else ""
    there[WORK_EMAIL] = "ann@x"
    plan = World(hr=[first, second], accounts=[there], conf=conf).plan()
    assert plan.is_empty
    for each in ("w1", "w2"):
        assert "account-ambiguous" in codes(plan)[each]


@pytest.mark.parametrize(
    ("first", "ext"),
    [
        (worker("w1", "x1", "1@x", number="n9"), "x1"),
        (worker("w1", None, "1@x", number="n1"), None),
    ],
)
def test_an_account_found_by_a_stronger_key_is_nobodys_by_a_weaker_one(
    first: Row, ext: str | None
) -> None:
    second = worker("w2", None, "ann@x", number="n2")
    plan = World(
        hr=[first, second], accounts=[account("a1", "n1", ext, "ann@x")], conf=OTHERS
    ).plan()
    assert list(owners(plan)) == ["w1"]
    assert codes(plan) == {"w2": {"account-conflict"}}


@pytest.mark.parametrize("key", ["externalId", "email"])
def test_two_accounts_for_one_person_are_never_chosen_from(key: str) -> None:
    ext = "x1" if key == "externalId" else None
    there = [account("a1", "one", ext, "ann@x"), account("a2", "two", ext, "ann@x")]
    plan = World(hr=[worker()], accounts=there).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"account-ambiguous"}}


def test_a_leaver_with_two_accounts_loses_neither_by_a_guess() -> None:
    there = [account("a1", "one", None, "ann@x"), account("a2", "two", None, "ann@x")]
    plan = World(hr=[worker(_state="leaver")], accounts=there).plan()
    assert plan.is_empty
    assert codes(plan) == {"w1": {"account-ambiguous"}}


def test_a_taken_account_makes_a_weaker_match_ambiguous_all_the_same() -> None:
    """Two accounts share the address; one of them is somebody's already: which is the other's?"""
    there = [account("a1", "one", None, "ann@x"), account("a2", "two", None, "ann@x")]
    people = [worker("w1", None, "ann@x", number="n1"), worker("w2", None, "b@x", number="n2")]
    plan = World(hr=people, accounts=there, links=[("w2", "a2")], conf=OTHERS).plan()
    assert codes(plan)["w1"] == {"account-ambiguous"}


def test_unmanaged_accounts_are_never_touched() -> None:
    there = [account("svc", "svc@x", None), account("guest", "guest@x", "g", active=False)]
    plan = World(hr=[worker()], accounts=there).plan()
    assert what(plan) == {"w1": "create"}
    assert plan.adoptions == ()


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_empty_identifiers_match_nobody(blank: str | None) -> None:
    people = [worker("w1", blank, "ann@x", number="n1")]
    there = [account("a1", "other", blank, "other@x"), account("a2", "  ", blank, "  ")]
    plan = World(hr=people, accounts=there, conf=OTHERS).plan()
    assert what(plan) == {"w1": "create"}


def test_the_address_is_the_mapped_value_and_no_other_part_of_it() -> None:
    conf = (OTHERS, "mapping: {'emails[type eq \"work\"].display': title}")
    people = [worker(ext=None, number="n1", title="boss@x")]
    plan = World(hr=people, accounts=[account("a1", "other", None, "boss@x")], conf=conf).plan()
    assert what(plan) == {"w1": "create"}


def test_the_frames_order_and_index_decide_nothing() -> None:
    """An index that is not 0, 1, 2 once gave accounts to other people."""
    people = [worker("w1", "x1", "1@x"), worker("w2", "x2", "2@x")]
    there = [account("a1", "1@x", "x1"), account("a2", "2@x", "x2")]
    world = World(hr=people, accounts=there, links=[("w2", "a2")])
    inputs = world.inputs()
    inputs.snapshot.accounts.index = inputs.snapshot.accounts.index[::-1]
    inputs.links.index = inputs.links.index + 7
    plan = make_plan(inputs, world.settings, world.day)
    assert owners(plan) == {"w1": ("a1", "externalId")}
    assert plan.digest == world.plan().digest


def test_somebody_quarantined_still_keeps_others_from_their_account() -> None:
    people = [worker("w1", "x1", "ann@x"), worker("w2", None, "ann@x", number="n2")]
    plan = World(hr=people, accounts=[account()], held=[quarantined("w1")], conf=OTHERS).plan()
    assert "w2" not in owners(plan)
