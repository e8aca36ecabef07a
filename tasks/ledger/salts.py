"""Salts of the chain's entries: one for all rows of an entry, or what is left to single ones."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from data_contracts.canonical import canonical_bytes
from tasks.ledger.chain_schema import chain_entry
from tasks.ledger.row_digests import Key, row_salt

ENTRIES_AT_A_TIME = 200


class Salts:
    """The salts of an entry.

    Args:
        kept: The column `salt`.
    """

    def __init__(self, kept: str | None) -> None:
        self._whole = kept if kept is not None and not kept.startswith("{") else None
        self._single = orjson.loads(kept) if kept is not None and self._whole is None else {}

    def of(self, item: str, key: Key) -> str:
        """The salt of a row; "" once it was taken away."""
        if self._whole is not None:
            return row_salt(self._whole, item, key)
        return str(self._single.get(f"{item}:{key}", ""))


def entries(connection: sa.Connection) -> Iterator[tuple[int, dict[str, Any], str | None]]:
    """Every entry of the chain: number, body, salt."""
    query = sa.select(chain_entry.c.seq, chain_entry.c.body, chain_entry.c.salt)
    last = 0
    while some := connection.execute(
        query.where(chain_entry.c.seq > last).order_by(chain_entry.c.seq).limit(ENTRIES_AT_A_TIME)
    ).all():
        for seq, body, salt in some:
            yield seq, orjson.loads(body), salt
        last = some[-1].seq


def take_away(connection: sa.Connection, rows: Mapping[str, Collection[Key]]) -> None:
    """Take the salts of rows away; those of the other rows of their entries stay.

    Args:
        connection: A writing transaction with a permit.
        rows: Keys by item.
    """
    for seq, body, salt in entries(connection):
        said = body.get("rows", {})
        if salt is None or not any(
            row[0] in rows.get(name, ()) for name, some in said.items() for row in some
        ):
            continue
        salts = Salts(salt)
        left = {
            f"{name}:{row[0]}": salts.of(name, row[0])
            for name, some in said.items()
            for row in some
            if row[0] not in rows.get(name, ()) and salts.of(name, row[0])
        }
        change = sa.update(chain_entry).where(chain_entry.c.seq == seq)
        connection.execute(change.values(salt=canonical_bytes(left).decode()))
