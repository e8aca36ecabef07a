"""Text from exports and targets, made safe for where it is shown.

A cell may hold anything: ANSI escapes that repaint a terminal, Markdown that becomes a link in the
Prefect UI, HTML. Nothing is trusted to be a name.
"""

import re

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-~]"
)
_BREAKS = re.compile(r"[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]+")
# control characters, lone surrogates and noncharacters, what turns the direction of writing around
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff]"
)

_MARKUP = re.compile(r"[\\`*_\[\]()!<>|#~&]")
_LEADING = re.compile(r"^(?=[-=+@])")
_NUMBERED = re.compile(r"^(\d+)(?=[.)])")
_LINKED = re.compile(r"(?<=[A-Za-z])(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
_UNESCAPED_AT = re.compile(r"(?<!\\)@")


def visible(text: str) -> str:
    r"""Text without what a terminal would obey instead of show; always a single line.

    Args:
        text: Anything.

    >>> visible("\x1b[31mAnn\x1b[0m\nLee")
    'Ann Lee'
    """
    if text.isprintable():
        return text
    return _INVISIBLE.sub("", _BREAKS.sub(" ", _ANSI.sub("", text)))


def escape_cell(text: str) -> str:
    r"""Text as Markdown that shows it as it is: in a table's cell, in a list, in a sentence.

    The Prefect UI renders Markdown and HTML, also in each cell of a table. No link comes about but
    that of a plain e-mail address to itself: one in a name would be an invitation to click on it.

    Args:
        text: Anything.

    >>> print(escape_cell("[click](http://x) <b>|"))
    \[click\]\(http\://x\) \<b\>\|
    """
    line = " ".join(visible(text).split())
    line = _MARKUP.sub(r"\\\g<0>", line)
    # looked for before they are sought: a table has thousands of cells, and few have any of these
    if line[:1] in "-=+@" or line[:1].isdigit():
        line = _NUMBERED.sub(r"\1\\", _LEADING.sub(r"\\", line))
    if "//" in line or "www" in line.lower():
        line = _LINKED.sub(r"\\", line)
    if "@" not in line:
        return line
    return " ".join(_whole_address(word) for word in line.split(" "))


def _whole_address(word: str) -> str:
    """An escape inside of an address would leave its second half as a link to somebody else."""
    return _UNESCAPED_AT.sub(r"\\@", word) if "\\" in word else word
