"""Pages made of a few kinds of blocks, written as Markdown, as one HTML file, or for a terminal.

What a page says is put together once, as plain text; each way of writing escapes it as it must.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from tasks.report.chart import Bar, as_lines, bar_chart, data_uri, described
from tasks.report.escaping import escape_cell, visible
from tasks.report.terminal_layout import Columns, Line, key, safe

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "th,td{border:1px solid #ccc;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "img{max-width:100%}th{background:#f3f3f3}pre{background:#f6f6f6;padding:1rem;overflow:auto}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}"
    "th{background:#2a2a2a}th,td{border-color:#444}pre{background:#262626}}"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equally many cells; the last cell may be a sentence."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Points:
    """Sentences, one a line."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines to be copied as they are."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars: an image within an HTML page, lines of text elsewhere."""

    title: str
    names: Sequence[str]
    bars: Sequence[Bar]


Block = Heading | Paragraph | Points | Table | Listing | Chart


def as_markdown(blocks: Sequence[Block]) -> str:
    """Write a page as Markdown."""
    return "\n\n".join(text for text in map(_markdown, blocks) if text) + "\n"


def as_html(blocks: Sequence[Block], title: str) -> str:
    """Write a page as one HTML file that loads nothing and runs nothing.

    Args:
        blocks: The page.
        title: Of the browser's window.
    """
    body = "\n".join(text for text in map(_html, blocks) if text)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{_plain(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def as_view(blocks: Sequence[Block]) -> RenderableType:
    """Write a page for a terminal."""
    return Group(*(part for number, block in enumerate(blocks) for part in _view(block, number)))


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape_cell(text)}"
        case Paragraph(text):
            return escape_cell(text)
        case Points(texts):
            return "\n".join(f"- {escape_cell(text)}" for text in texts)
        case Chart():
            return _markdown(_in_text(block))
        case Listing(text, language):
            fence = "```"
            while fence in text:
                fence += "`"
            return f"{fence}{language}\n{text.rstrip()}\n{fence}"
        case Table(heads, rows) if rows:
            lines = ["| " + " | ".join(map(escape_cell, row)) + " |" for row in rows]
            head = "| " + " | ".join(map(escape_cell, heads)) + " |"
            return "\n".join([head, "|" + " --- |" * len(heads), *lines])
        case _:
            return ""


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_plain(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_plain(text)}</p>"
        case Points(texts):
            return "<ul>" + "".join(f"<li>{_plain(text)}</li>" for text in texts) + "</ul>"
        case Chart(title, names, bars):
            image = data_uri(bar_chart(title, names, bars))
            return (
                f'<p><img src="{image}" alt="{_plain(f"{title}. {described(names, bars)}")}"></p>'
            )
        case Listing(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Table(heads, rows) if rows:
            head = "".join(f"<th>{_plain(text)}</th>" for text in heads)
            lines = (
                "<tr>" + "".join(f"<td>{_plain(cell)}</td>" for cell in row) + "</tr>"
                for row in rows
            )
            return f"<table>\n<tr>{head}</tr>\n" + "\n".join(lines) + "\n</table>"
        case _:
            return ""


def _view(block: Block, number: int) -> Iterator[RenderableType]:
    match block:
        case Heading(text):
            if number:
                yield Text()
            yield Line(safe(text, "bold"))
        case Paragraph(text):
            yield Line(safe(text), 2)
        case Points(texts):
            yield from (Line(safe(text), 2, 4) for text in texts)
        case Chart():
            yield from _view(_in_text(block), number)
        case Listing(text):
            yield from (Line(safe(line), 4) for line in text.splitlines())
        case Table(_, rows):
            yield Columns([(*(key(c) for c in row[:-1]), safe(row[-1])) for row in rows], 2)


def _in_text(chart: Chart) -> Listing:
    return Listing("\n".join([chart.title, "", *as_lines(chart.names, chart.bars)]))


def _plain(text: str) -> str:
    return html.escape(visible(text))
