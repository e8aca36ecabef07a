"""Charts of numbers over time as SVG: stacked bars that can be told apart without colours too.

Pure text, without fonts or scripts from elsewhere: the Prefect UI shows it as an image, a page of
HTML takes it as it is.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 64, 76
"""Room for the scale, the legend and the labels below the bars."""

COLOURS = ("#0072b2", "#e69f00", "#d55e00", "#999999", "#009e73", "#cc79a7", "#56b4e9", "#f0e442")
"""Okabe and Ito's colours, which people who see red and green alike can tell apart."""

PATTERNS = (
    "",
    '<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="#000" stroke-opacity=".45"/>',
    '<path d="M0 4h8" stroke="#000" stroke-opacity=".45"/>',
    '<circle cx="4" cy="4" r="1.5" fill-opacity=".5"/>',
)
"""What is drawn over a colour, for printers and for eyes that see none."""

TEXT_WIDTH = 30
"""Signs of the longest bar of text."""

STEPS = (1, 2, 5)
LINES = 5
"""About so many lines of the scale."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart.

    Attributes:
        label: What stands below it.
        values: The parts, from below, >= 0, in the order of the chart's names.
        note: What a reader is told who points at it or cannot see it.
    """

    label: str
    values: tuple[int, ...]
    note: str = ""


def bar_chart(title: str, names: Sequence[str], bars: Sequence[Bar]) -> str:
    """Draw stacked bars.

    Args:
        title: What the chart shows.
        names: Names of the parts, at most eight.
        bars: From left to right.

    Returns:
        An SVG document with a title and a description for who cannot see it.
    """
    top = _top(max((sum(bar.values) for bar in bars), default=0))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="t d" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(described(names, bars))}</desc>',
        "<defs>",
        *(_pattern(number) for number in range(len(names))),
        "</defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="600" fill="#111">'
        f"{escape(title)}</text>",
        *_legend(names),
        *_scale(top),
        *_bars(names, bars, top),
        "</svg>",
    ]
    return "".join(parts)


def data_uri(svg: str) -> str:
    """An SVG as an address that holds the whole image, for whatever shows images."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def described(names: Sequence[str], bars: Sequence[Bar]) -> str:
    """A chart in words: each bar with its numbers.

    >>> described(["joiners", "leavers"], [Bar("2 March", (3, 0))])
    '2 March: 3 joiners, 0 leavers.'
    """
    told = (
        f"{bar.label}: "
        + ", ".join(f"{value:,} {name}" for value, name in zip(bar.values, names, strict=True))
        + (f" ({bar.note})" if bar.note else "")
        for bar in bars
    )
    text = "; ".join(told)
    return f"{text}." if text else "There is nothing to show yet."


def as_lines(names: Sequence[str], bars: Sequence[Bar]) -> list[str]:
    """A chart as lines of text, for where no image is shown; bars without numbers are left out.

    >>> as_lines(["joiners", "leavers"], [Bar("2 March", (3, 0)), Bar("3 March", (0, 1))])
    ['2 March  joiners ██████████████████████████████ 3', '3 March  leavers ██████████ 1']
    """
    most = max((value for bar in bars for value in bar.values), default=0)
    widest = max((len(bar.label) for bar in bars), default=0)
    longest = max(map(len, names), default=0)
    return [
        f"{bar.label:<{widest}}  {name:<{longest}} "
        f"{'█' * max(1, round(TEXT_WIDTH * value / most))} {value:,}"
        for bar in bars
        for name, value in zip(names, bar.values, strict=True)
        if value
    ]


def _top(most: int) -> int:
    """The end of the scale: a round number that the highest bar does not pass."""
    return _step(most) * -(-max(most, 1) // _step(most))


def _step(most: int) -> int:
    """What stands between two lines: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for step in STEPS:
            if step * size * LINES >= most:
                return step * size
        size *= 10


def _pattern(number: int) -> str:
    colour = COLOURS[number % len(COLOURS)]
    return (
        f'<pattern id="p{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{colour}"/>{PATTERNS[number % len(PATTERNS)]}</pattern>'
    )


def _legend(names: Sequence[str]) -> list[str]:
    drawn, x = [], LEFT
    for number, name in enumerate(names):
        drawn.append(f'<rect x="{x}" y="36" width="14" height="14" fill="url(#p{number})"/>')
        drawn.append(f'<text x="{x + 20}" y="48" fill="#111">{escape(name)}</text>')
        x += 44 + 7 * len(name)
    return drawn


def _scale(top: int) -> list[str]:
    drawn = []
    for value in range(0, top + 1, _step(top)):
        y = _y(value, top)
        drawn.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ccc"/>')
        drawn.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#333">{value:,}</text>'
        )
    return drawn


def _bars(names: Sequence[str], bars: Sequence[Bar], top: int) -> list[str]:
    drawn = []
    room = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    width = min(room * 0.7, 48)
    for place, bar in enumerate(bars):
        x, below = LEFT + room * (place + 0.5), 0
        drawn.append(f"<g><title>{escape(described(names, [bar]))}</title>")
        for number, value in enumerate(bar.values):
            if value:
                y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
                drawn.append(
                    f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" '
                    f'height="{height:.1f}" fill="url(#p{number})"/>'
                )
            below += value
        drawn.append(
            f'<text transform="translate({x + 4:.1f} {HEIGHT - BOTTOM + 14}) rotate(-45)" '
            f'text-anchor="end" fill="#333">{escape(bar.label)}</text></g>'
        )
    return drawn


def _y(value: int, top: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
