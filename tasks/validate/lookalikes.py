"""Texts that look alike, and letters of several scripts in one word.

The skeleton of a text is what is left of it when every letter is replaced by the plain one that it
looks like; two texts with one skeleton cannot be told apart by eye (Unicode Technical Standard 39,
section 4). The table here has the letters of Latin, Greek, Cyrillic and Armenian that look like one
of ASCII, as the standard's data has them; full-width and mathematical letters go by compatibility.
"""

import re
import unicodedata
from functools import cache

_ALIKE = {
    # Cyrillic
    0x0430: "a", 0x0441: "c", 0x0501: "d", 0x0435: "e", 0x04BB: "h", 0x0456: "i", 0x0458: "j",
    0x04CF: "i", 0x043E: "o", 0x0440: "p", 0x051B: "q", 0x0455: "s", 0x0475: "v", 0x051D: "w",
    0x0445: "x", 0x0443: "y", 0x04AF: "y", 0x0410: "A", 0x0412: "B", 0x0421: "C", 0x0415: "E",
    0x041D: "H", 0x0406: "l", 0x0408: "J", 0x041A: "K", 0x041C: "M", 0x041E: "O", 0x0420: "P",
    0x0405: "S", 0x0422: "T", 0x0425: "X", 0x0423: "Y", 0x04AE: "Y", 0x04C0: "l", 0x0417: "3",
    0x0474: "V", 0x051C: "W", 0x042C: "b", 0x0433: "r", 0x0461: "w", 0x0431: "6", 0x04BD: "e",
    0xA644: "2", 0x04E0: "3", 0x050C: "G", 0xA647: "i",
    # Greek
    0x03B1: "a", 0x03B3: "y", 0x03B9: "i", 0x03BD: "v", 0x03BF: "o", 0x03C1: "p", 0x03C3: "o",
    0x03C5: "u", 0x0391: "A", 0x0392: "B", 0x0395: "E", 0x0396: "Z", 0x0397: "H", 0x0399: "l",
    0x039A: "K", 0x039C: "M", 0x039D: "N", 0x039F: "O", 0x03A1: "P", 0x03A4: "T", 0x03A5: "Y",
    0x03A7: "X", 0x03F2: "c", 0x03F3: "j", 0x037F: "J", 0x03F9: "C",
    0x03DC: "F", 0x03FA: "M", 0x1D26: "r",
    # Armenian
    0x0585: "o", 0x0578: "n", 0x057D: "u", 0x0570: "h", 0x0566: "q", 0x0581: "g",
    0x0563: "q", 0x0561: "w", 0x0584: "f", 0x057C: "n", 0x0555: "O", 0x054F: "S", 0x054D: "U",
    # Latin beyond ASCII
    0x0131: "i", 0x0251: "a", 0x0261: "g", 0x0269: "i", 0x028F: "y", 0x1D04: "c", 0x1D0F: "o",
    0x1D20: "v", 0x1D21: "w", 0x1D22: "z", 0xA731: "s", 0x026A: "i", 0x028B: "u",
    0xA75A: "2", 0x01A7: "2", 0xA7AB: "3", 0x021C: "3", 0x01B7: "3", 0xA76A: "3", 0x01BC: "5",
    0x0223: "8", 0x0222: "8", 0xA76E: "9", 0x0184: "b", 0xA7B4: "B", 0xAB32: "e", 0xAB35: "f",
    0xA799: "f", 0x1E9D: "f", 0xA798: "F", 0x1D83: "g", 0x018D: "g", 0xA7B2: "J", 0x0196: "l",
    0x01C0: "l", 0x1D11: "o", 0xAB3D: "o", 0xAB47: "r", 0xAB48: "r", 0x01A6: "R", 0x01BD: "s",
    0xA79F: "u", 0x1D1C: "u", 0xAB4E: "u", 0xAB52: "u", 0x026F: "w", 0xA7B3: "X", 0x0263: "y",
    0x1D8C: "y", 0x1EFF: "y", 0xAB5A: "y",
}  # fmt: skip
"""The plain letter by the code point of the one that looks like it."""

IN_ASCII = (("I", "l"), ("|", "l"), ("1", "l"), ("0", "O"))
"""What looks alike within ASCII, while capitals are still there."""

TWO_FOR_ONE = ("m", "rn")
"""A letter that two others look like, in lower case."""

_WORD = re.compile(r"[^\W\d_]+")
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),  # Japanese
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),  # Chinese
    frozenset({"LATIN", "CJK", "HANGUL"}),  # Korean
)
"""Scripts that are written in one word (the same standard, section 5.2)."""

_FORMS = frozenset({"FULLWIDTH", "HALFWIDTH", "MODIFIER", "MATHEMATICAL"})


def plain_letters(text: str) -> str:
    r"""A text with its letters replaced by the ASCII letters that they look like.

    >>> plain_letters("\u0430nn@\u0435\u0445ample.com")  # two words that begin in Cyrillic
    'ann@example.com'
    """
    # before as well: what a lunate sigma is compatible with no longer looks like a c
    compatible = unicodedata.normalize("NFKD", text.translate(_ALIKE))
    return unicodedata.normalize("NFC", compatible.translate(_ALIKE))


def is_of_one_script(text: str) -> bool:
    r"""Whether each word of a text is written in one script, or in scripts that go together.

    >>> is_of_one_script("\u0142ukasz@acme.pl"), is_of_one_script("\u0430nna@acme.pl")
    (True, False)
    """
    return all(_go_together({_script(letter) for letter in word}) for word in _WORD.findall(text))


def _go_together(scripts: set[str]) -> bool:
    return len(scripts - {""}) < 2 or any(scripts - {""} <= each for each in _TOGETHER)


@cache
def _script(letter: str) -> str:
    """The script of a letter, by the beginning of its name; "" for one that belongs to all."""
    words = unicodedata.name(letter, "").split()
    while words and words[0] in _FORMS:
        words = words[1:]
    return words[0] if words else ""
