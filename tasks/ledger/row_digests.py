"""The digest of an audit row: the same on every database, and provable part by part.

    plain    = SHA-256(canonical JSON of [item, {the columns that name nobody}])
    personal = SHA-256(row's salt, canonical JSON of {the columns that may name a person})
    digest   = SHA-256(plain, personal)

Columns without a value are left out, so that a column that a later version adds changes no digest.
The salt keeps a digest from confirming a guess at who is meant once the row is purged. The salt of
a row comes from the one of its entry by a way that leads not back: `SHA-256(entry's salt, "item",
"key")`, so that single rows can lose theirs.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from data_contracts.canonical import canonical_bytes
from tasks.ledger.audited import Audited

Key = int | str
"""Of a row: its number; of a run its id, of a plan its digest."""


def row_salt(entry_salt: str, item: str, key: Key) -> str:
    """The salt of one row of an entry.

    Args:
        entry_salt: Of the entry, in hex.
        item: What the row is.
        key: Its key.
    """
    return hashlib.sha256(f"{entry_salt}\n{item}\n{key}".encode()).hexdigest()


def plain_digest(item: Audited, row: Mapping[str, Any]) -> bytes:
    """Digest the columns that name nobody."""
    cells = {name: row[name] for name in item.plain if row.get(name) is not None}
    for name in item.moments:
        if name in cells:  # in UTC: databases give it back in a zone of theirs
            cells[name] = cells[name].astimezone(UTC).isoformat()
    return hashlib.sha256(canonical_bytes([item.name, cells])).digest()


def personal_digest(item: Audited, row: Mapping[str, Any], salt: str) -> bytes:
    """Digest the columns that may name a person, with the row's salt."""
    cells = {name: row[name] for name in item.personal if row.get(name) is not None}
    return hashlib.sha256(salt.encode() + canonical_bytes(cells)).digest()


def joined(plain: bytes, personal: bytes) -> str:
    """The digest of a row from its two parts, in hex."""
    return hashlib.sha256(plain + personal).hexdigest()


def row_digest(item: Audited, row: Mapping[str, Any], salt: str) -> str:
    """Digest a row, in hex.

    Args:
        item: What it is.
        row: Its columns by name, as written or as read back.
        salt: The row's.
    """
    return joined(plain_digest(item, row), personal_digest(item, row, salt))
