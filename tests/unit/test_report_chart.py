"""Charts: every number is drawn and told, and nothing in a label becomes markup."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from data_contracts.words import RunState
from tasks.report.chart import COLOURS, Bar, bar_chart, data_uri, described
from tasks.report.run_chart import RUNS_SHOWN, runs_chart
from tests import report_samples as sample

NAMES = ("joiners", "leavers")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> list[tuple[str, float]]:
    """The parts of the bars: which pattern, how high."""
    rectangles = ET.fromstring(svg).findall(f"{SVG}g/{SVG}rect")
    return [(r.attrib["fill"], float(r.attrib["height"])) for r in rectangles]


def test_parts_are_as_high_as_their_numbers_and_have_their_name_s_pattern() -> None:
    parts = drawn(bar_chart("Runs", NAMES, [Bar("one", (10, 20)), Bar("two", (0, 40))]))
    assert [fill for fill, _ in parts] == ["url(#p0)", "url(#p1)", "url(#p1)"]
    first, second, third = (height for _, height in parts)
    assert second == pytest.approx(2 * first, abs=0.2)
    assert third == pytest.approx(4 * first, abs=0.2)


@pytest.mark.parametrize("most", [0, 1, 7, 99, 100, 101, 12_345, 1_000_000])
def test_no_bar_is_higher_than_the_scale(most: int) -> None:
    svg = bar_chart("Runs", ("people",), [Bar("one", (most,))])
    labels = ET.fromstring(svg).findall(f"{SVG}text")
    scale = [t.text for t in labels if t.text and re.fullmatch(r"[\d,]+", t.text)]
    top = int(str(scale[-1]).replace(",", ""))
    assert most <= top
    assert 2 <= len(scale) <= 7
    assert all(0 < height <= 221 for _, height in drawn(svg))


def test_who_cannot_see_it_is_told_every_number() -> None:
    bars = [Bar("2 March", (3, 0), "held"), Bar("3 March", (0, 1200))]
    svg = bar_chart("Runs", NAMES, bars)
    root = ET.fromstring(svg)
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert told.text == described(NAMES, bars)
    assert told.text == "2 March: 3 joiners, 0 leavers (held); 3 March: 0 joiners, 1,200 leavers."
    assert root.attrib["role"] == "img"
    assert len(set(COLOURS)) == len(COLOURS) >= 8


def test_text_in_a_chart_is_text() -> None:
    svg = bar_chart("<script>", ("a & b",), [Bar('"><script>alert(1)</script>', (1,))])
    assert "<script" not in svg
    assert ET.fromstring(svg).find(f"{SVG}title").text == "<script>"  # type: ignore[union-attr]


def test_an_image_s_address_holds_the_whole_chart_and_asks_nobody() -> None:
    svg = bar_chart("Runs", NAMES, [])
    kind, _, body = data_uri(svg).partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(body).decode() == svg
    assert "href" not in svg
    assert svg.count("http") == 1  # the namespace


def test_the_last_runs_are_drawn_oldest_first_with_what_they_did_or_would_do() -> None:
    done = sample.run(RunState.COMPLETED)
    counts = {"created": 3, "reactivated": 1, "updated": 2, "deactivated": 1, "rows_quarantined": 4}
    held = {"to_create": 9, "to_deactivate": 5}
    runs = [
        replace(done, run_id="r2", state=RunState.HELD, counts=held),
        replace(done, run_id="r1", counts=counts),
    ]
    chart = runs_chart("workspace", runs)
    first, second = chart.bars
    assert (first.values, first.note) == ((4, 2, 1, 4), "completed")
    assert (second.values, second.note) == ((0, 0, 0, 0), "held by a guardrail")
    assert "4 joiners, 2 movers, 1 leavers, 4 quarantined rows (completed)" in chart.words
    many = runs_chart("workspace", runs * RUNS_SHOWN)
    assert len(many.bars) == RUNS_SHOWN
