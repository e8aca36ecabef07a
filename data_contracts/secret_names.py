"""Headers that say that a column holds passwords: such columns are never read."""

import re

_SECRET = re.compile(
    r"password|passwd|passwort|passphrase|passcode|kennwort|mot de passe|contrase|\bpwd\b"
    r"|secret(?!ar)|credential(?!.*(type|name))|private.?key|api.?key|\btoken\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"block|chang|date|last|expir|age\b|policy|status|hash function|must|next sign|reset|type|hint",
    re.IGNORECASE,
)
"""`Password Changed Date` is about a password and holds none; so does `Block credential`."""


def looks_secret(header: str) -> bool:
    """Whether a column of this name most likely holds secrets.

    >>> looks_secret("Password [Required]"), looks_secret("Last Password Change")
    (True, False)
    """
    return bool(_SECRET.search(header)) and not _ABOUT.search(header)
