"""What the field asks of people, row by row: circles of managers, employments, safe addresses."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.validate import field_conditions as field
from tasks.validate.lookalikes import is_of_one_script, plain_letters
from tests.export_parts import check, columns, contract


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def broken(holds: pd.Series) -> list[int]:
    return [int(row) for row in holds.index[~holds]]


def test_everybody_on_a_circle_is_found_and_nobody_beside_it() -> None:
    #            0     1    2    3    4     5    6     7
    keys = text("a", "b", "c", "d", "e", "f", "g", None)
    managers = text("b", "c", "a", "a", None, "f", "gone", "a")
    assert broken(field.are_in_no_cycle(managers, keys)) == [0, 1, 2, 5]


def test_a_person_with_several_rows_is_on_a_circle_by_the_row_that_closes_it() -> None:
    keys, managers = text("a", "a", "b", "c"), text("b", "c", "a", None)
    assert broken(field.are_in_no_cycle(managers, keys)) == [0, 2]


def test_a_long_chain_ends_and_is_no_circle() -> None:
    keys = [str(n) for n in range(5000)]
    managers = text(*keys[1:], None)
    assert broken(field.are_in_no_cycle(managers, text(*keys))) == []
    managers.iloc[-1] = "4000"
    assert broken(field.are_in_no_cycle(managers, text(*keys))) == list(range(4000, 5000))


@given(st.lists(st.integers(-1, 9), min_size=1, max_size=10))
def test_who_meets_themselves_on_the_way_up_is_on_a_circle(above: list[int]) -> None:
    def meets_themselves(start: int) -> bool:
        at = above[start]
        for _ in above:
            if at == start:
                return True
            if not 0 <= at < len(above):
                return False
            at = above[at]
        return False

    keys = text(*(str(n) for n in range(len(above))))
    managers = text(*(None if n < 0 else str(n) for n in above))
    expected = [n for n in range(len(above)) if meets_themselves(n)]
    assert broken(field.are_in_no_cycle(managers, keys)) == expected


def test_every_copy_of_two_open_employments_is_found() -> None:
    keys = text("a", "a", "b", "b", "c", None, None)
    ends = text(None, None, None, "2020-01-31", "2020-01-31", None, None)
    assert broken(field.are_open_once(keys, ends, [""])) == [0, 1]
    states = text("Active", "Leave", "Active", "Gone", "Gone", "Active", "Active")
    assert broken(field.are_open_once(keys, states, ["Active", "Leave"])) == [0, 1]


def test_domains_are_compared_as_a_whole_and_without_case() -> None:
    mails = text(
        "a@acme.com", "b@ACME.com", "c@evil-acme.com", "d@sub.acme.com", "none", "e@f@g.com"
    )
    assert broken(field.have_allowed_domain(mails, ["acme.com"])) == [2, 3, 4, 5]
    assert broken(field.have_allowed_domain(mails, [".acme.com"])) == [0, 1, 2, 4, 5]


ALIKE = [
    ("ann@acme.com", "\u0430nn@acme.com"),  # Cyrillic
    ("tom@acme.com", "torn@acme.com"),
    ("paul@acme.com", "pau1@acme.com"),
    ("lan@acme.com", "Ian@acme.com"),
    ("bo@acme.com", "b0@acme.com"),
    ("ada@acme.com", "\uff41\uff44\uff41@acme.com"),  # full width
    ("\u03c1aul@acme.com", "paul@acme.com"),  # Greek
]  # fmt: skip


@pytest.mark.parametrize("pair", ALIKE)
def test_two_addresses_that_look_alike_are_both_found(pair: tuple[str, str]) -> None:
    column = text("zoe@acme.com", pair[0], "max@acme.com", pair[1], pair[0].upper())
    assert set(broken(field.look_like_no_other(column))) >= {1, 3}
    assert 0 not in broken(field.look_like_no_other(column))


@pytest.mark.parametrize(
    ("letter", "plain"),
    [
        ("\u03f2", "c"),  # the lunate sigma, which is compatible with another sigma
        ("\u03f9", "C"),
        ("\u0196", "l"),
        ("\u1d1c", "u"),
        ("\u0263", "y"),
        ("\u050c", "G"),
        ("\uff41", "a"),  # full-width
        ("\U0001d41a", "a"),  # mathematical
    ],
)
def test_letters_are_taken_for_what_they_look_like(letter: str, plain: str) -> None:
    assert plain_letters(letter) == plain


def test_the_same_address_twice_and_different_ones_do_not_look_alike() -> None:
    column = text(
        "ann@x.ch", "ANN@x.ch", "anna@x.ch", "andré@x.ch", "andre@x.ch", "\u0142ukasz@x.ch"
    )
    assert broken(field.look_like_no_other(column)) == []


@settings(deadline=None)
@given(st.lists(st.text(alphabet="a\u0430lI1o0mrn", max_size=4), max_size=12))
def test_look_alikes_are_found_whatever_their_order(texts: list[str]) -> None:
    column = text(*texts)
    found = {texts[row] for row in broken(field.look_like_no_other(column))}
    again = list(reversed(texts))
    assert {again[r] for r in broken(field.look_like_no_other(text(*again)))} == found


def test_a_word_of_two_scripts_is_found_and_several_words_of_their_own_are_not() -> None:
    column = text(
        "ann",
        "\u0430nn",
        "\u0430\u043d\u043d\u0430@example.com",
        "\u0142ukasz",
        "\u0391nna",
        "m\u00fcller-\u65e5\u672c",
        "\u65e5\u672c\u3072\u3089\u30ab\u30bf",
        "\ud55c\uae00\u4e2d",
        "x1_é",
    )
    assert broken(field.are_of_one_script(column)) == [1, 4]


def test_a_latin_letter_of_any_kind_is_latin() -> None:
    for name in ("Łukasz", "Øystein", "Ærø", "Nguy\u1ec5n", "Þór", "\ufb01n"):
        assert is_of_one_script(name)
    assert plain_letters("\uff4d\uff41\uff58") == "max"


def call(type_: str, **kwargs: Any) -> dict[str, Any]:
    implementation = {"type": type_, "kwargs": kwargs}
    custom = {"type": "custom", "engine": "greatExpectations", "implementation": implementation}
    return {"id": "R", "severity": "error", **custom}


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (call("expect_manager_graph_to_have_no_cycle", column_A="boss", column_B="id"), (2, 3)),
        (call("expect_one_open_employment", column_A="name", column_B="end", when_in=[""]), (4, 5)),
        (call("expect_column_values_to_have_domain", column="mail", domains=["x.ch"]), (6,)),
        (call("expect_column_values_to_look_like_no_other", column="mail"), (2, 3)),
        (call("expect_column_values_to_be_of_one_script", column="mail"), (3,)),
    ],
)
def test_a_contract_asks_for_it_and_exactly_those_rows_are_set_aside(
    tmp_path: Path, rule: dict[str, Any], lines: tuple[int, ...]
) -> None:
    schema = columns("id", "name", "mail", "boss", "end")
    kept = contract(schema=schema | {"quality": [rule]})
    rows = (
        "1,Ann,ann@x.ch,2,2020",
        "2,Bo,\u0430nn@x.ch,1,2020",
        "3,Cy,cy@x.ch,1,",
        "4,Cy,cy2@x.ch,3,",
        "5,Di,di@y.ch,,2021",
        *(f"{n},N{n},n{n}@x.ch,3,2020" for n in range(10, 40)),
    )
    report = check(tmp_path, "\n".join(["id,name,mail,boss,end", *rows]) + "\n", kept).report
    assert tuple(row.line for row in report.quarantined) == lines
