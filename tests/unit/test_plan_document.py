"""The plan as a value: the same inputs give the same bytes, and anything that moves is seen."""

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts.as_of import AsOf
from data_contracts.canonical import canonical_bytes, digest_of, digest_of_bytes
from data_contracts.errors import ConfigurationError
from data_contracts.frames import ACCOUNTS, LINKS, WORKERS
from data_contracts.plan import Adoption, Plan
from data_contracts.words import CorrelationKey, FindingSeverity, OperationKind
from tasks.plan.digests import digest_of_frame
from tasks.plan.staleness import what_moved
from tests.builders import WORK_EMAIL, World, accounts, links, quarantined

Row = dict[str, Any]


def world(**more: Any) -> World:
    """A bit of everything: joiner, mover, leaver, one who comes back, one adopted, one in doubt."""
    people: list[Row] = [
        {"id": f"w{i}", "email": f"w{i}@x", "ext": f"x{i}", "title": "New"} for i in range(8)
    ]
    people[1]["_state"] = "leaver"
    people[7]["email"] = people[6]["email"]
    there: list[Row] = [
        {"id": f"a{i}", "userName": f"w{i}@x", "externalId": f"x{i}", WORK_EMAIL: f"w{i}@x"}
        for i in range(5)
    ]
    there[3]["active"] = False
    values: Row = {
        "hr": people,
        "accounts": there,
        "links": [("w0", "a0"), ("w1", "a1"), ("w2", "a2")],
    }
    return World(**{**values, **more})


LOOKS_LIKE_A_FIELD = '","operations":[],"adoptions":[],"'
"""Text that would pass for an empty field of a plan, were it not escaped."""


def adoption(name: str) -> Adoption:
    return Adoption(
        worker_key=name,
        account_id="a",
        user_name=name,
        external_id=None,
        correlated_by=CorrelationKey.USER_NAME,
    )


def test_the_same_inputs_give_the_same_bytes() -> None:
    plan = world().plan()
    assert plan.to_bytes() == world().plan().to_bytes()
    assert plan.digest == world().plan().digest
    assert plan.digest.startswith("sha256:")
    assert len({o.kind for o in plan.operations}) == 4


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize("left_out", [(), ("operations",), ("adoptions",)])
def test_a_plan_written_in_pieces_is_the_plan_written_in_one(
    at_a_time: int, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [LOOKS_LIKE_A_FIELD, *"abc"]
    plan = world().plan().model_copy(update=dict.fromkeys(left_out, ()))
    if "adoptions" not in left_out:
        plan = plan.model_copy(update={"adoptions": tuple(map(adoption, names))})
    plan = plan.model_copy(update={"target": LOOKS_LIKE_A_FIELD, "counts": {"operations": 0}})
    monkeypatch.setattr("data_contracts.plan.PIECE", at_a_time)
    assert b"".join(plan.pieces()) == plan.to_bytes() == plan.model_dump_json().encode()
    assert plan.digest == digest_of_bytes(plan.to_bytes())
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_a_plan_is_read_back_as_it_was_written() -> None:
    plan = world().plan()
    again = Plan.from_bytes(plan.to_bytes())
    assert again == plan
    assert again.digest == plan.digest
    assert again.operations[0].kind is OperationKind.DEACTIVATE


def test_text_that_looks_like_something_else_stays_text() -> None:
    people = [{"id": "w1", "email": "a@x", "title": text} for text in ["true"]]
    plan = World(hr=people).plan()
    again = Plan.from_bytes(plan.to_bytes())
    assert again.operations[0].attributes["title"] == "true"
    assert again.operations[0].attributes["active"] is True


@pytest.mark.parametrize(
    "other",
    [
        {"as_of": "2026-03-03"},
        {"hr": [*world().hr, {"id": "w9", "email": "w9@x"}]},
        {"hr": world().hr[1:]},
        {"accounts": [*world().accounts, {"id": "z", "userName": "z@x"}]},
        {"accounts": [{**world().accounts[0], "title": "Old"}, *world().accounts[1:]]},
        {"accounts": [{**world().accounts[0], "active": False}, *world().accounts[1:]]},
        {"links": [("w0", "a0"), ("w1", "a1")]},
        {"links": [*world().links, ("w4", "a4")]},
        {"conf": "guardrails: {creates: {max: 499}}"},
        {"conf": "lifecycle: {prehire_days: 1}"},
        {"held": [quarantined("w0")]},
        {"deactivated_by_us": ["w3"]},
        {"complete_read": False},
        {"previous_rows": {"hr": 8}},
    ],
)
def test_whatever_differs_gives_another_digest(other: Row) -> None:
    assert world(**other).plan().digest != world().plan().digest


def test_an_accounts_version_alone_moves_no_plan() -> None:
    newer = [{**account, "version": 'W/"9"'} for account in world().accounts]
    assert world(accounts=newer).plan().digest == world().plan().digest


def test_a_plan_holds_no_clock_and_no_folder() -> None:
    assert set(json.loads(world().plan().to_bytes())) == {
        "format", "target", "as_of", "zone_days", "only", "basis", "operations", "adoptions",
        "findings", "guardrails", "counts",
    }  # fmt: skip


def test_findings_stand_by_code_then_subject() -> None:
    plan = world(held=[quarantined("w5"), quarantined("w4")]).plan()
    order = [(f.code, f.subject) for f in plan.findings]
    assert order == sorted(order)
    assert len(order) == len(set(order)) == 4


def test_people_are_counted_by_what_the_target_should_hold_for_them() -> None:
    plan = world(links=[*world().links, ("gone", "a4")]).plan()
    counts = plan.counts
    assert counts["people"] == 9
    assert counts["accounts"] == 5
    assert counts["accounts_active"] == 4
    by_presence = {k: v for k, v in counts.items() if k.startswith("people_")}
    assert sum(by_presence.values()) == counts["people"]
    assert by_presence == {
        "people_present": 4, "people_absent": 1, "people_waiting": 0, "people_kept": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "the document"),
        (b"{}", "target"),
        (b"[]", "the document"),
        (b'{"format": "scimflow-plan/2"}', "format"),
        (b"\xff\xfe", "the document"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_place(data: bytes, where: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Plan.from_bytes(data, origin="plan.json")
    assert caught.value.message.startswith(
        f"plan.json is not a plan of the format scimflow-plan/1: {where}: "
    )


def test_a_plan_with_something_of_its_own_in_it_is_refused() -> None:
    data = json.loads(world().plan().to_bytes())
    data["operations"][0]["kind"] = "delete"
    with pytest.raises(ConfigurationError, match=r"operations\.0\.kind"):
        Plan.from_bytes(json.dumps(data).encode())
    data["operations"][0] = {"note": 1}
    with pytest.raises(ConfigurationError, match=r"operations\.0"):
        Plan.from_bytes(json.dumps(data).encode())


@pytest.mark.parametrize("place", [(), ("operations", 0), ("operations", 0, "rows", 0), ("basis",),
                                   ("adoptions", 0), ("guardrails", 0)])  # fmt: skip
def test_a_field_that_plans_do_not_have_is_refused(place: tuple[str | int, ...]) -> None:
    data = json.loads(world(hr=world().hr[:4], links=[]).plan().to_bytes())
    inner = data
    for step in place:
        inner = inner[step]
    inner["note"] = "private"
    where = ".".join(map(str, (*place, "note")))
    with pytest.raises(ConfigurationError) as caught:
        Plan.from_bytes(json.dumps(data).encode())
    assert caught.value.message.endswith(f": {where}: no such field is known")


def test_an_error_about_a_plan_repeats_none_of_it() -> None:
    data = json.loads(world().plan().to_bytes())
    data["operations"][0]["account_id"] = {"secret": "value"}
    with pytest.raises(ConfigurationError) as caught:
        Plan.from_bytes(json.dumps(data).encode())
    assert "value" not in caught.value.message.partition("account_id")[2].replace("valid", "")


def test_operations_are_checked_and_frozen() -> None:
    operation = world().plan().operations[0]
    with pytest.raises(FrozenInstanceError):
        operation.user_name = "other"  # type: ignore[misc]
    for wrong in ({"attributes": {"title": 7}}, {"kind": "delete"}, {"rows": ({"line": 1},)}):
        with pytest.raises(ValidationError):
            replace(operation, **wrong)


# ------------------------------------------------------------------------------------ staleness


def moved(**other: Any) -> str:
    return "; ".join(what_moved(world().plan(), world(**other).plan()))


def test_nothing_moved_between_the_same_plans() -> None:
    assert what_moved(world().plan(), world().plan()) == ()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"conf": "lifecycle: {prehire_days: 1}"}, ["the settings changed"]),
        ({"conf": "target: {name: other}"}, ["for target acme, the settings name other"]),
        ({"links": [("w0", "a0"), ("w1", "a1")]}, ["the ledger's account links changed"]),
        (
            {"accounts": world().accounts[1:]},
            ["accounts changed at the target (5 then, 4 now)", "update/w0 no longer to be done"],
        ),
        (
            {"accounts": [{**world().accounts[0], "title": "Old"}, *world().accounts[1:]]},
            ["among them of w0", "update/w0 to be done otherwise"],
        ),
        ({"hr": world().hr[:5]}, ["the contract of source hr or its verdict changed"]),
        ({"previous_rows": {"hr": 8}}, ["the guardrails or findings changed"]),
    ],
)
def test_what_moved_is_named(other: Row, words: list[str]) -> None:
    text = moved(**other)
    for word in words:
        assert word in text


# ----------------------------------------------------------------------------- digests and frames


def frame_digest(*cells: str | None) -> str:
    return digest_of_frame(pd.DataFrame({"a": pd.Series(cells, dtype="str")}), ["a"])


def test_no_cell_passes_for_another() -> None:
    digests = {
        frame_digest("ab", "c"), frame_digest("a", "bc"), frame_digest("abc", ""),
        frame_digest("abc", None), frame_digest("", "abc"), frame_digest(None, "abc"),
        frame_digest("abc"), frame_digest(), frame_digest(None), frame_digest("", ""),
        frame_digest("c", "ab"), frame_digest("äb", "c"),
    }  # fmt: skip
    assert len(digests) == 12


def test_a_part_of_a_frame_has_the_digest_of_its_own_cells() -> None:
    whole = pd.DataFrame({"a": pd.Series(["x", "ab", None, "c"], dtype="str")})
    assert digest_of_frame(whole.iloc[1:], ["a"]) == frame_digest("ab", None, "c")


def test_flags_and_columns_go_into_the_digest() -> None:
    one = accounts([{"id": "a", "userName": "u"}], [])
    other = accounts([{"id": "a", "userName": "u", "active": False}], [])
    columns = ["account_id", "active"]
    assert digest_of_frame(one, columns) != digest_of_frame(other, columns)
    assert digest_of_frame(one, ["account_id"]) != digest_of_frame(one, columns)


def test_canonical_bytes_do_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": [True, None]}) == digest_of({"b": [True, None], "a": 1})
    assert canonical_bytes({"ä": "ü"}) == '{"ä":"ü"}'.encode()
    assert digest_of([1, 2]) != digest_of([2, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "active"}, "frame accounts has no column 'active'"),
        ({"column": "active", "to": "str"}, "column 'active' of frame accounts is str, not bool"),
        ({"repeat": True}, "column 'account_id' of frame accounts repeats a value"),
        ({"missing": True}, "column 'account_id' of frame accounts misses a value"),
    ],
)
def test_a_frame_that_is_not_as_declared_is_a_defect_of_a_step(change: Row, message: str) -> None:
    frame = accounts([{"id": "a"}, {"id": "b"}], [])
    if "drop" in change:
        frame = frame.drop(columns=change["drop"])
    if "column" in change:
        frame = frame.astype({change["column"]: change["to"]})
    if "repeat" in change:
        frame["account_id"] = "a"
    if "missing" in change:
        frame["account_id"] = pd.Series(["a", None], dtype="str")
    with pytest.raises(TypeError, match=message):
        ACCOUNTS.check(frame)


def test_a_frame_has_no_column_that_is_not_declared() -> None:
    frame = links([("w", "a")]).assign(note="x")
    with pytest.raises(TypeError, match="frame account links has undeclared columns: note"):
        LINKS.check(frame)
    workers = pd.DataFrame({"worker_key": ["w"], "_state": ["active"], "more": ["x"]}, dtype="str")
    assert WORKERS.check(workers) is workers


def test_days_kept_from_an_earlier_run_win_over_the_moment() -> None:
    kept = AsOf.parse("2026-03-02").day
    assert AsOf(day=kept, days={"Pacific/Auckland": kept}).local_day("Pacific/Auckland") == kept


def test_severities_of_findings_tell_what_a_person_must_decide() -> None:
    plan = world().plan()
    critical = {f.code for f in plan.findings if f.severity is FindingSeverity.CRITICAL}
    assert critical == {"user-name-shared"}
