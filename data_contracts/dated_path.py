"""Paths of exports with a date in their name: `exports/workers_{date}.csv`, `{date:yyyyMMdd}`."""

import re
from dataclasses import dataclass
from datetime import date, datetime

_FIELD = re.compile(r"\{date(?::([^{}]*))?\}")
_ISO = "yyyy-MM-dd"
_MAGIC = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_SIGN = re.compile(r"\*\*|[*?]|\[!?[^\]]+\]|[^*?\[]+|\[")


@dataclass(frozen=True, slots=True)
class DatedPath:
    """A path of the settings.

    Attributes:
        pattern: The path as a pattern, with `*` where the date is.
        regex: What finds the date in a path, "" where there is none.
        strptime: How the date is written.
    """

    pattern: str
    regex: str = ""
    strptime: str = ""

    @classmethod
    def parse(cls, text: str) -> "DatedPath":
        """Understand a path.

        Raises:
            ValueError: In words: what of it is not understood.

        >>> DatedPath.parse("hr_{date:yyyyMMdd}*.csv").pattern
        'hr_**.csv'
        """
        fields = list(_FIELD.finditer(text))
        if not fields:
            if "{date" in text:
                raise ValueError("`{date` is not closed; write `{date}` or `{date:yyyyMMdd}`")
            return cls(text)
        if len(fields) > 1:
            raise ValueError("one `{date}` in a path is enough")
        from data_contracts.odcs.dates import read_date_format  # seconds less for most commands

        (found,) = fields
        form = read_date_format(found.group(1) or _ISO)
        before, after = text[: found.start()], text[found.end() :]
        inner = form.regex.removeprefix("^").removesuffix("$")
        regex = f"(?:^|/){_regex(before.rpartition('/')[2])}({inner}){_regex(after)}$"
        return cls(f"{before}*{after}", regex, form.strptime)

    def date_of(self, path: str) -> date | None:
        """The date in a path that the pattern found; None where it is none."""
        found = re.search(self.regex, path)
        if found is None:
            return None
        try:
            return datetime.strptime(found.group(1), self.strptime).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            return None


def _regex(pattern: str) -> str:
    """What of a path is not the date, with `*`, `?` and `[...]` understood."""
    parts = []
    for sign in _SIGN.findall(pattern):
        if sign.startswith("[") and sign.endswith("]"):
            parts.append(f"[^{sign[2:]}" if sign.startswith("[!") else sign)
        else:
            parts.append(_MAGIC.get(sign) or re.escape(sign))
    return "".join(parts)
