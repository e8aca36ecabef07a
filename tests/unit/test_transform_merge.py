"""How rows of HR and IdP become people, and what is said where they do not fit together."""

from itertools import permutations
from typing import Any

import pytest

from data_contracts.errors import ConfigurationError
from data_contracts.words import FindingSeverity
from tasks.transform.matching import Source
from tests.builders import World, codes, presence, quarantined

Row = dict[str, Any]

LOGIN_MAPPED = """
mapping:
  userName: user_name
  externalId: external_id
"""


def hr(key: str, number: str | None = None, email: str | None = None, **more: Any) -> Row:
    return {"id": key, "number": number, "email": email, **more}


def idp(uid: str, number: str | None = None, mail: str | None = None, **more: Any) -> Row:
    return {"uid": uid, "number": number, "mail": mail, "login": f"{uid}@login", **more}


def logins(*, hr: list[Row], idp: list[Row]) -> Row:
    """Whose login is whose."""
    frame = World(hr=hr, idp=idp, conf=LOGIN_MAPPED).people().frame
    found = frame["externalId"].astype(object).where(frame["externalId"].notna(), None)
    return dict(zip(frame["worker_key"], found, strict=True))


def test_the_first_rule_that_finds_a_login_decides() -> None:
    assert logins(
        hr=[hr("w1", "7", "ann@x"), hr("w2", "8", "bob@x")],
        idp=[idp("i1", "7", "bob@x"), idp("i2", None, "ann@x"), idp("i3", None, "bob@x")],
    ) == {"w1": "i1", "w2": "i3"}


def test_a_login_that_a_stronger_rule_gave_away_is_nobody_elses() -> None:
    assert logins(
        hr=[hr("w1", "7", "old@x"), hr("w2", None, "ann@x")], idp=[idp("i1", "7", "ann@x")]
    ) == {"w1": "i1", "w2": None}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Ann@Acme.Example", "ann@acme.example"),
        (" ann@acme.example ", "ann@acme.example"),
        ("ann@acme.example", "\tANN@ACME.EXAMPLE\u00a0"),
        ("Zoë@acme.example", "zoe\u0308@acme.example"),
        ("İnci@acme.example", "İNCİ@acme.example"),
    ],
)
def test_case_white_space_and_composition_make_no_other_person(ours: str, theirs: str) -> None:
    assert logins(hr=[hr("w1", None, ours)], idp=[idp("i1", None, theirs)]) == {"w1": "i1"}


@pytest.mark.parametrize("nothing", [None, " ", "\t"])
def test_an_empty_cell_merges_nobody(nothing: str | None) -> None:
    assert logins(hr=[hr("w1", nothing, nothing)], idp=[idp("i1", nothing, nothing)]) == {
        "w1": None
    }


def test_two_people_who_share_what_merges_them_keep_what_they_have() -> None:
    world = World(
        hr=[hr("w1", "7"), hr("w2", "7"), hr("w3", "9")], idp=[idp("i1", "7"), idp("i3", "9")],
        conf=LOGIN_MAPPED,
    )  # fmt: skip
    assert presence(world) == {
        "w1": ("kept", "login-ambiguous"),
        "w2": ("kept", "login-ambiguous"),
        "w3": ("present", "employed"),
    }
    assert codes(world.people()) == {"w1": {"login-ambiguous"}, "w2": {"login-ambiguous"}}
    for finding in world.people().findings:
        assert finding.severity is FindingSeverity.CRITICAL


def test_two_logins_for_one_person_are_never_chosen_from() -> None:
    world = World(
        hr=[hr("w1", "7", "ann@x")],
        idp=[idp("i1", "7", "ann@x"), idp("i2", "7", "other@x")],
        conf=LOGIN_MAPPED,
    )
    assert presence(world) == {"w1": ("kept", "login-ambiguous")}
    assert codes(world.people()) == {"w1": {"login-ambiguous"}}


def test_a_leaver_whose_login_is_ambiguous_is_kept_and_told_of() -> None:
    rows = [hr("w1", "7", _state="leaver"), hr("w2", "7")]
    world = World(hr=rows, idp=[idp("i1", "7")], conf=LOGIN_MAPPED)
    assert presence(world)["w1"] == ("kept", "login-ambiguous")


def test_people_who_share_a_value_that_no_login_has_are_merely_without_a_login() -> None:
    world = World(hr=[hr("w1", "7", "a@x"), hr("w2", "7", "b@x")], idp=[idp("i2", None, "b@x")])
    assert presence(world)["w1"] == ("present", "employed")
    assert codes(world.people()) == {"w1": {"worker-without-login"}}


def test_a_login_that_is_disputed_by_a_stronger_rule_goes_to_nobody_by_a_weaker_one() -> None:
    """The employee number says that i1 is w1's or w2's; w3 has only its address."""
    world = World(
        hr=[hr("w1", "7"), hr("w2", "7"), hr("w3", None, "ann@x")],
        idp=[idp("i1", "7", "ann@x")],
        conf=LOGIN_MAPPED,
    )
    assert presence(world)["w3"] == ("kept", "no-user-name")
    assert "login-without-worker" not in {f.code for f in world.people().findings}


def test_somebody_in_dispute_is_given_nothing_by_a_weaker_rule() -> None:
    assert logins(
        hr=[hr("w1", "7", "ann@x"), hr("w2", "7", "bob@x")],
        idp=[idp("i1", "7", "old@x"), idp("i2", None, "ann@x")],
    ) == {"w1": None, "w2": None}


def test_one_of_two_disputed_logins_goes_to_nobody_else() -> None:
    assert logins(
        hr=[hr("w1", "7"), hr("w2", None, "bob@x")],
        idp=[idp("i1", "7", "ann@x"), idp("i2", "7", "bob@x")],
    ) == {"w1": None, "w2": None}


def test_hr_says_leaver_and_the_idp_active_the_person_is_a_leaver_and_it_is_reported() -> None:
    world = World(hr=[hr("w1", "7", "a@x", _state="leaver")], idp=[idp("i1", "7")])
    assert presence(world) == {"w1": ("absent", "status-leaver")}
    assert codes(world.people()) == {"w1": {"left-but-login-active"}}


def test_a_last_day_that_passed_makes_the_same_disagreement() -> None:
    world = World(hr=[hr("w1", "7", "a@x", last="2026-01-31")], idp=[idp("i1", "7")])
    assert codes(world.people()) == {"w1": {"left-but-login-active"}}


@pytest.mark.parametrize("state", ["leaver", "suspended"])
def test_hr_says_employed_and_the_idp_disabled_the_person_is_employed_and_it_is_reported(
    state: str,
) -> None:
    world = World(hr=[hr("w1", "7", "a@x")], idp=[idp("i1", "7", _state=state)])
    assert presence(world) == {"w1": ("present", "employed")}
    assert codes(world.people()) == {"w1": {"employed-but-login-disabled"}}


@pytest.mark.parametrize(
    ("hr_state", "idp_state"),
    [("leaver", "suspended"), ("on_leave", "suspended"), ("future", "future")],
)
def test_sources_that_agree_are_not_reported(hr_state: str, idp_state: str) -> None:
    world = World(
        hr=[hr("w1", "7", "a@x", _state=hr_state)], idp=[idp("i1", "7", _state=idp_state)]
    )
    assert codes(world.people()) == {}


def test_a_login_without_a_worker_is_told_by_its_line_and_does_nothing() -> None:
    rows = [idp("i1", "7", _line=2), idp("svc", None, "svc@x", _line=40)]
    world = World(hr=[hr("w1", "7", "a@x")], idp=rows)
    assert codes(world.people()) == {"idp:40": {"login-without-worker"}}
    assert world.people().frame["worker_key"].tolist() == ["w1"]


def test_a_disabled_login_without_a_worker_is_nothing_to_tell() -> None:
    world = World(hr=[], idp=[idp("i1", "7", _state="leaver")])
    assert codes(world.people()) == {}


def test_a_worker_without_a_login_is_told_of_unless_gone() -> None:
    world = World(hr=[hr("w1", "7", "a@x"), hr("w2", "8", "b@x", _state="leaver")], idp=[])
    assert codes(world.people()) == {"w1": {"worker-without-login"}}
    assert presence(world)["w1"] == ("present", "employed")


def test_login_and_external_id_come_from_the_idp_and_all_else_from_hr() -> None:
    conf = """
    mapping:
      userName: user_name
      externalId: external_id
      title: email
      displayName: idp.mail
    """
    rows = [{"id": "w1", "number": "7", "email": "hr@x", "ext": "from-hr"}]
    frame = World(hr=rows, idp=[idp("i1", "7", "idp@x")], conf=conf).people().frame
    values = frame[["userName", "externalId", "title", "displayName"]].iloc[0].tolist()
    assert values == ["i1@login", "i1", "hr@x", "idp@x"]
    assert frame["line.hr"].tolist() == [2]
    assert frame["line.idp"].tolist() == [2]


def test_the_order_of_rows_in_either_source_changes_nothing() -> None:
    ours = [
        hr("w1", "7", "a@x", _line=2),
        hr("w2", "7", "b@x", _line=3),
        hr("w3", "9", "c@x", _line=4),
    ]
    theirs = [
        idp("i1", "7", "b@x", _line=2),
        idp("i2", "9", "z@x", _line=3),
        idp("i3", None, "a@x", _line=4),
    ]
    seen = set()
    for left in permutations(ours):
        for right in permutations(theirs):
            people = World(hr=left, idp=right, conf=LOGIN_MAPPED).people()
            seen.add((people.frame.to_json(), tuple(sorted(people.findings, key=repr))))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("{employment: mail, login: email}", "merge.0: source 'hr' has no column 'mail'"),
        ("{employment: email, login: email_address}", "merge.0: source 'idp' has no column"),
    ],
)
def test_a_rule_that_names_no_column_says_which_rule_and_source(rule: str, text: str) -> None:
    world = World(hr=[hr("w1")], idp=[idp("i1")], conf=f"merge: [{rule}]")
    with pytest.raises(ConfigurationError, match=text) as caught:
        world.people()
    assert "known are:" in caught.value.hint


def test_a_column_that_the_contract_has_and_the_file_lacks_is_empty() -> None:
    batch, contract = World(hr=[], idp=[idp("i1", "7")]).batches["idp"]
    source = Source("idp", batch.accepted.drop(columns="number"), contract)
    assert source.column("number", "merge.0").isna().all()
    assert source.column("employee_number", "merge.0").isna().all()


def test_the_login_of_somebody_whose_row_is_quarantined_is_not_nobodys() -> None:
    rows = [idp("i1", "7", "ann@x"), idp("i2", "8", "bob@x")]
    world = World(hr=[], idp=rows, held=[quarantined("w1", " Ann@X ")])
    assert codes(world.people()) == {"idp:3": {"login-without-worker"}}
