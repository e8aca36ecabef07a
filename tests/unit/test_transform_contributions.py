"""What a third source gives: attributes, and never a word about who is employed or logs in."""

from typing import Any

import pytest

from data_contracts.errors import ConfigurationError
from data_contracts.words import BatchVerdict, FindingSeverity
from tests.builders import World, codes, operation, presence, quarantined, settings, what

Row = dict[str, Any]

ROOM = "mapping: {locale: {column: badges.room, clear_when_empty: true}}"
ROOM_OR_EXTRA = "mapping: {locale: {column: badges.room, fallback: [hr.extra]}}"


def hr(number: str, **more: Any) -> Row:
    return {"id": f"w{number}", "number": number, "email": f"w{number}@x", **more}


def badge(number: str | None, room: str | None = "R1", **more: Any) -> Row:
    return {"badge": f"b{number}", "person": number, "room": room, "title": "Badge", **more}


def rooms(**world: Any) -> dict[str, Any]:
    frame = World(**{"conf": ROOM, **world}).people().frame
    found = frame["locale"].astype(object).where(frame["locale"].notna(), None)
    return dict(zip(frame["worker_key"], found, strict=True))


def test_three_sources_make_one_person_each_believed_about_its_own() -> None:
    conf = """
    mapping: {userName: user_name, externalId: external_id, title: title, locale: badges.room,
      displayName: badges.title}
    """
    world = World(
        hr=[hr("7", title="HR")],
        idp=[{"uid": "i7", "login": "ann@login", "number": "7"}],
        badges=[badge("7")],
        conf=conf,
    )
    frame = world.people().frame
    columns = ["userName", "externalId", "title", "locale", "displayName"]
    assert frame[columns].iloc[0].tolist() == ["ann@login", "i7", "HR", "R1", "Badge"]
    assert frame[["line.hr", "line.idp", "line.badges"]].iloc[0].tolist() == [2, 2, 2]


def test_a_worker_field_is_never_taken_from_it_unless_the_mapping_names_its_column() -> None:
    frame = World(hr=[hr("7")], badges=[badge("7")], conf="mapping: {title: title}").people().frame
    assert frame["title"].isna().all()


def test_an_empty_cell_clears_and_a_missing_row_does_not() -> None:
    found = rooms(hr=[hr("7"), hr("8"), hr("9")], badges=[badge("7"), badge("8", None)])
    assert found == {"w7": "R1", "w8": "", "w9": None}


@pytest.mark.parametrize("conf", [ROOM, ROOM_OR_EXTRA])
def test_what_a_quarantined_row_may_say_is_neither_cleared_nor_taken_from_elsewhere(
    conf: str,
) -> None:
    world = World(
        hr=[hr("7", extra="X"), hr("8", extra="X")],
        badges=[badge("7")],
        held=[quarantined("b8", source="badges")],
        accounts=[
            {"id": f"a{n}", "userName": f"w{n}@x", "email": f"w{n}@x", "locale": "old"}
            for n in (7, 8)
        ],
        conf=conf,
    )
    frame = world.people().frame
    assert frame["locale"].notna().tolist() == [True, False]
    plan = world.plan()
    assert operation(plan, "w7").attributes["locale"] == "R1"
    assert all("locale" not in o.attributes for o in plan.operations if o.worker_key == "w8")
    assert presence(world)["w8"] == ("present", "employed")
    assert codes(plan)["badges"] >= {"source-quarantined"}


def test_a_refused_delivery_leaves_every_attribute_and_stops_nobody() -> None:
    world = World(
        hr=[hr("7", extra="X"), hr("8", _state="leaver")],
        badges=[],
        badges_verdict=BatchVerdict.REFUSED,
        accounts=[
            {"id": "a7", "userName": "w7@x", "locale": "old"},
            {"id": "a8", "userName": "w8@x", "locale": "old"},
        ],
        links=[("w7", "a7"), ("w8", "a8")],
        conf=[ROOM_OR_EXTRA],
    )
    plan = world.plan()
    assert what(plan)["w8"] == "deactivate"
    assert all("locale" not in o.attributes for o in plan.operations)
    [found] = [f for f in plan.findings if f.subject == "badges"]
    assert (found.code, found.severity) == ("source-refused", FindingSeverity.WARNING)


def test_the_fallback_counts_where_the_cell_is_empty_or_there_is_no_row() -> None:
    found = rooms(
        hr=[hr("7", extra="X"), hr("8", extra="X"), hr("9", extra="X")],
        badges=[badge("7"), badge("8", None)],
        conf=ROOM_OR_EXTRA,
    )
    assert found == {"w7": "R1", "w8": "X", "w9": "X"}


def test_two_rows_for_one_person_give_nothing_and_are_told() -> None:
    world = World(
        hr=[hr("7"), hr("8")],
        badges=[badge("7"), badge("7", "R2", badge="b70"), badge("8")],
        conf=ROOM,
    )
    assert rooms(hr=world.hr, badges=world.badges) == {"w7": None, "w8": "R1"}
    [found] = [f for f in world.people().findings if f.subject == "w7"]
    assert (found.code, found.severity) == ("row-ambiguous", FindingSeverity.WARNING)
    assert presence(world)["w7"] == ("present", "employed")


def test_who_is_unmatched_on_either_side_is_told_with_a_count() -> None:
    world = World(hr=[hr("7"), hr("8")], badges=[badge("7"), badge("99"), badge(None)], conf=ROOM)
    found = {f.code: f for f in world.people().findings}
    assert found["rows-without-worker"].message.startswith("2 rows belong to nobody in hr (the fi")
    assert "line 3" in found["rows-without-worker"].message
    assert found["workers-without-row"].message == "1 workers of hr have no row in it"
    assert {f.severity for f in found.values()} == {FindingSeverity.INFO}


@pytest.mark.parametrize(
    "conf",
    [
        "scope: {any_of: [{all_of: [{column: badges.room, value: R1}]}]}",
        "roles: {rules: [{role: maker, any_of: [{all_of: [{column: badges.room, value: R1}]}]}]}",
        "teams: {column: badges.room}",
    ],
)
def test_a_source_that_decides_about_access_or_teams_keeps_people_whole_when_in_doubt(
    conf: str,
) -> None:
    held = [quarantined("b8", "8", source="badges")]
    twice = [badge("7"), badge("7", "R2", badge="b70")]
    rows = [hr("7"), hr("8"), hr("9", _state="leaver")]
    world = World(hr=rows, badges=[*twice, badge("9"), badge("9", badge="b90")], held=held,
                  conf=conf)  # fmt: skip
    assert world.settings.contributing == frozenset()
    assert presence(world) == {
        "w7": ("kept", "row-ambiguous"),
        "w8": ("kept", "quarantined"),
        "w9": ("absent", "status-leaver"),
    }


@pytest.mark.parametrize(
    ("snippet", "text"),
    [
        ("merge: [{employment: id, login: uid}]", "there is none"),
        ("merge: [{employment: id, source: doors, column: x}]", "no such source"),
        ("merge: [{employment: id, source: hr, column: x}]", "another one than the employment's"),
        ("merge: [{employment: id, source: badges}]", "give `login`, or `source` and `column`"),
        ("mapping: {title: {constant: x, fallback: [title]}}", "`fallback` goes with `column`"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(snippet: str, text: str) -> None:
    base = "sources: {badges: {contract: b, path: b.csv, authority: attributes}}"
    rule = "merge: [{employment: id, source: badges, column: person}]"
    with pytest.raises(ConfigurationError) as caught:
        settings(base, rule, snippet)
    assert text in str(caught.value)


def test_every_source_needs_a_rule_and_two_sources_cannot_both_log_in() -> None:
    one = "sources: {a: {contract: b, path: b.csv, authority: attributes}}"
    rule = "merge: [{employment: id, source: a, column: person}]"
    with pytest.raises(ConfigurationError, match="source 'b' needs a rule in `merge`"):
        settings(one, rule, one.replace("a:", "b:", 1))
    two = "sources: {a: {contract: b, path: b, authority: login}, b: {contract: b, path: b, authority: login}}"  # noqa: E501
    with pytest.raises(ConfigurationError, match="at most one source may have"):
        settings(two, "merge: [{employment: id, login: x}]")
