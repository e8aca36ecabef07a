"""The target's present accounts: read page by page, kept as columns of what we own.

I/O only in `read_target`. A full User is a few kilobytes of Python objects; of each page only the
compared columns stay, so that 100,000 accounts fit into a small memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from data_contracts import frames
from data_contracts.configuration.target import TargetSettings
from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.resource import compile_reader, look_up, read_boolean
from data_contracts.scim.schema import USER_SCHEMA
from data_contracts.snapshot import TargetSnapshot
from tasks.scim.client import ScimClient

CHUNK = 5_000
"""Users projected at once: enough to make columns worth while, a few megabytes."""

Resource = Mapping[str, Any]
Cells = list[Any]


async def read_target(
    client: ScimClient, settings: TargetSettings, paths: Sequence[str]
) -> TargetSnapshot:
    """Read every account of the target.

    Args:
        client: Of the target.
        settings: Of the target: page size and extensions.
        paths: The attribute paths that are compared, the role's among them.

    Returns:
        The accounts by account id. `complete` is False, with the reasons in `notes`, where the
        listing may lack somebody.

    Raises:
        TargetError: A page could not be read.
    """
    waiting: list[Resource] = []
    chunks: list[pd.DataFrame] = []

    def take(users: Sequence[Resource]) -> None:
        waiting.extend(users)
        if len(waiting) >= CHUNK:
            chunks.append(project_accounts(waiting, paths, settings.extensions))
            waiting.clear()

    listing = await client.list_users(settings.page_size, on_users=take)
    chunks.append(project_accounts(waiting, paths, settings.extensions))
    accounts = pd.concat(chunks, ignore_index=True).sort_values("account_id", ignore_index=True)
    return TargetSnapshot(
        target=settings.name,
        accounts=frames.ACCOUNTS.check(accounts),
        complete=listing.complete,
        notes=listing.notes,
        requests=listing.requests,
    )


def project_accounts(
    resources: Iterable[Resource], paths: Sequence[str], extensions: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Take the compared values out of users.

    Args:
        resources: Users as the target gave them, each with an id.
        paths: Attribute paths.
        extensions: URNs of the target's own schemas.

    Returns:
        Frame `frames.ACCOUNTS` in the order given, with a text column for each path. An account
        that does not say whether it is active counts as active. The e-mail is the primary one,
        else the one for work, else the first.
    """
    users = [user if type(user) is dict else dict(user) for user in resources]
    nodes = _Nodes(users)
    columns: dict[str, Any] = {
        "account_id": _text([str(look_up(user, "id")) for user in users]),
        "user_name": _column(nodes, parse_path("userName")),
        "external_id": _column(nodes, parse_path("externalId")),
        "email": _text([_email(user) for user in users]),
        "active": [read_boolean(look_up(user, "active")) is not False for user in users],
        "version": _text([_version(user) for user in users]),
    }
    for path in dict.fromkeys(paths):
        columns[path] = _column(nodes, parse_path(path, extensions))
    frame = pd.DataFrame(columns)
    return frame.astype({"active": frames.FLAG})


def _text(cells: Cells) -> "pd.Series[str]":
    """Cells as a column of text; None becomes a missing value."""
    # by way of Arrow, which need not look for a type: a sixth of the time
    return pd.Series(pa.array(cells, type=pa.large_string()), dtype=frames.TEXT)


class _Nodes:
    """The objects of many users at one place, and which names they use there."""

    def __init__(self, users: list[dict[str, Any]]) -> None:
        self.users = users
        self._known: dict[tuple[str, ...], tuple[Cells, frozenset[str]]] = {}

    def cells(self, *names: str) -> Cells | None:
        """What is below the names, for each user; None where somebody spells one differently.

        RFC 7643 section 2.1 lets everybody write a name in the case they like.
        """
        *above, name = names
        nodes, spellings = self._at(tuple(above))
        if nodes is None or any(s != name and s.lower() == name.lower() for s in spellings):
            return None
        return [node.get(name) if type(node) is dict else None for node in nodes]

    def _at(self, names: tuple[str, ...]) -> tuple[Cells | None, frozenset[str]]:
        if names not in self._known:
            nodes = self.cells(*names) if names else self.users
            if nodes is None:
                return None, frozenset()
            spellings = frozenset().union(*(n for n in nodes if type(n) is dict))
            self._known[names] = nodes, spellings
        return self._known[names]


def _column(nodes: _Nodes, path: AttributePath) -> "pd.Series[str]":
    """One path of all users: the common shape fast, whatever is odd by the tolerant reader."""
    read = compile_reader(path)
    names = [path.name] if path.schema == USER_SCHEMA else [path.schema, path.name]
    if path.sub is not None and path.selector is None:
        names.append(path.sub)
    cells = nodes.cells(*names)
    if cells is None:
        return _text([_shown(read(user)) for user in nodes.users])
    if path.selector is not None:
        cells = _chosen(cells, path.selector.key, path.selector.value, path.sub or "value")
    plain = {str, type(None)}
    if path.sub is not None and path.selector is None:
        plain = {str}  # nothing below a parent that is no object: the reader knows better
    return _text(
        [
            cell if type(cell) in plain else _shown(read(user))
            for cell, user in zip(cells, nodes.users, strict=True)
        ]
    )


def _chosen(cells: Cells, key: str, wanted: str | bool, sub: str) -> Cells:
    """From each list the value of the wanted element; the list itself where that is not plain."""
    chosen: Cells = []
    for cell in cells:
        found = cell
        if type(cell) is list:
            for element in cell:
                if type(element) is dict and element.get(key) == wanted and sub in element:
                    found = element[sub]
                    break
        chosen.append(found)
    return chosen


def _shown(value: str | bool | None) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value


def _email(user: Resource) -> str | None:
    given = look_up(user, "emails")
    work = first = None
    for element in given if isinstance(given, list) else [given]:
        if isinstance(element, str):  # a list given as one bare value
            element = {"value": element}
        if not isinstance(element, dict) or not isinstance(look_up(element, "value"), str):
            continue
        value = str(look_up(element, "value"))
        if read_boolean(element.get("primary")):
            return value
        if work is None and element.get("type") == "work":
            work = value
        first = first or value
    return work or first


def _version(user: Resource) -> str | None:
    version = look_up(meta, "version") if isinstance(meta := look_up(user, "meta"), dict) else None
    return version if isinstance(version, str) else None
