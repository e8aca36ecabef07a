"""What stands in an export is shown, never obeyed."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tasks.report.escaping import escape_cell, visible

HOSTILE = [
    "[click here](https://evil.test/?x=1)",
    "![pixel](https://evil.test/p.png)",
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<https://evil.test>",
    "a | b | c",
    "a\\| b",
    "`code` ``more``",
    "*bold* _it_ **x** __y__ ~~gone~~",
    "# heading",
    "- item",
    "+ item",
    "12. item",
    "1) item",
    "=1+2",
    "@SUM(A1)",
    "-1+2",
    "> quote",
    "---",
    "===",
    "&lt;b&gt; &amp; &#60;",
    "    indented code",
    "first\nsecond\r\n\r\n# third",
    "\\[not a link\\]",
    "[ref]: https://evil.test",
    "di_evans@acme.test",
]


def cell_of(markdown: str) -> list[Token]:
    """The inline tokens of the only cell of a table's only row."""
    page = f"| Head |\n| --- |\n| {markdown} |\n"
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 1
    assert [t.type for t in tokens if t.type.endswith("_open")] == [
        "table_open", "thead_open", "tr_open", "th_open", "tbody_open", "tr_open", "td_open",
    ]  # fmt: skip
    return cells[0].children or []


def shown(tokens: list[Token]) -> str:
    assert {token.type for token in tokens} <= {"text", "text_special"}
    return "".join(token.content for token in tokens)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_shows_hostile_text_as_it_is(text: str) -> None:
    assert shown(cell_of(escape_cell(text))) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_paragraph_outside_of_tables(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(escape_cell(text))
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert shown(tokens[1].children or []) == " ".join(text.split())


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("\\")
@example("a\\")
@example("\x1b]8;;https://evil.test\x07here\x1b]8;;\x07")
def test_whatever_a_cell_holds_the_reader_sees_its_visible_text(text: str) -> None:
    expected = " ".join(visible(text).split())
    if expected:
        assert shown(cell_of(escape_cell(text))) == expected


@pytest.mark.parametrize(
    "text", ["see https://evil.test/x", "HTTP://EVIL.test", "www.evil.test", "ftp://evil.test"]
)
def test_no_address_turns_into_a_link(text: str) -> None:
    # GFM's autolinks need the scheme with `://`, or `www.`, in one piece
    assert not re.search(r"[a-z]://|www\.", escape_cell(text), re.IGNORECASE)


def test_an_address_never_turns_into_a_link_to_half_of_it() -> None:
    assert escape_cell("di_evans@acme.test") == r"di\_evans\@acme.test"
    assert escape_cell("ann.lee@acme.test") == "ann.lee@acme.test"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]8;;https://evil.test\x1b\\name\x1b]8;;\x1b\\", "name"),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1bcreset", "reset"),
        ("over\rwritten", "over written"),
        ("a\x08\x7f\x00b", "ab"),
        ("two\nlines\u2028three", "two lines three"),
        ("\u202etxt.exe", "txt.exe"),
        ("\ud800lone", "lone"),
        ("[red]markup[/red]", "[red]markup[/red]"),
        ("Zoë 李 O'Neil", "Zoë 李 O'Neil"),
    ],
)
def test_control_characters_do_not_reach_a_terminal(text: str, expected: str) -> None:
    assert visible(text) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=80))
def test_visible_text_is_one_line_of_utf_8_without_controls(text: str) -> None:
    result = visible(text)
    assert len(result.splitlines()) <= 1
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in result)
    result.encode()


def test_a_very_long_cell_is_escaped_in_linear_time() -> None:
    assert len(escape_cell("\x1b]" * 100_000 + "a" * 1_000_000)) <= 2_000_000
