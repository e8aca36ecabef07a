"""Plans, kept byte for byte: whoever approves or carries one out later gets exactly that one."""

import zlib
from collections.abc import Iterable

import sqlalchemy as sa

from data_contracts.canonical import DIGEST_PREFIX, digest_of_bytes
from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.plan import Plan
from tasks.ledger import runs
from tasks.ledger.chain import append_rows
from tasks.ledger.schema import plan as plan_table
from tasks.ledger.schema import plan_body, run_plan

COMPRESSION = 1
"""Plans repeat themselves: the fastest level already makes a tenth of them."""


def save(connection: sa.Connection, run_id: str, plan: Plan, path: str) -> None:
    """Keep a plan for a run; the same plan of another run is kept once.

    Args:
        connection: A writing transaction.
        run_id: The run that made it, or that carries it out.
        plan: The plan.
        path: The file that it was written to, for people.
    """
    digest = plan.digest
    if connection.scalar(sa.select(plan_table.c.digest).where(plan_table.c.digest == digest)):
        _link(connection, run_id, digest, path)
        return
    append_rows(
        connection,
        plan_table,
        [
            {
                "digest": digest,
                "target": plan.target,
                "as_of": plan.as_of.isoformat(),
                "verdict": str(plan.verdict),
                "operations": len(plan.operations),
                "adoptions": len(plan.adoptions),
                "counts": plan.counts,
            }
        ],
    )
    body = _compressed(plan.pieces())
    connection.execute(sa.insert(plan_body), {"plan_digest": digest, "body": body})
    _link(connection, run_id, digest, path)


def _compressed(pieces: Iterable[bytes]) -> bytes:
    """Compress piece by piece: the whole of a large plan is never in memory."""
    packer = zlib.compressobj(COMPRESSION)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def _link(connection: sa.Connection, run_id: str, digest: str, path: str) -> None:
    known = sa.select(run_plan.c.id).where(
        run_plan.c.run_id == run_id, run_plan.c.plan_digest == digest
    )
    if connection.scalar(known) is None:
        row = {"run_id": run_id, "plan_digest": digest, "path": path}
        append_rows(connection, run_plan, [row])


def find(connection: sa.Connection, digest: str, place: str) -> Plan | None:
    """Find a plan by its digest or an unambiguous beginning of it, `sha256:` or not.

    Args:
        connection: A transaction.
        digest: What somebody typed.
        place: Where the ledger is, for messages.

    Raises:
        ConfigurationError: Several plans' digests begin so.
        LedgerError: What the ledger holds is not what has this digest.
    """
    wanted = digest.strip().removeprefix(DIGEST_PREFIX)
    if not wanted:
        return None
    found = runs.find_id(connection, plan_table.c.digest, DIGEST_PREFIX + wanted, "plan")
    return None if found is None else _read(connection, found, place)


def of_run(connection: sa.Connection, run_id: str, place: str) -> Plan | None:
    """Find the last plan of a run, by the run's id or an unambiguous beginning of it.

    Raises:
        ConfigurationError: Several runs begin so.
        LedgerError: What the ledger holds is not what has the plan's digest.
    """
    found = runs.find(connection, run_id)
    digest = None if found is None else digest_of_run(connection, found.run_id)
    return None if digest is None else _read(connection, digest, place)


def digest_of_run(connection: sa.Connection, run_id: str) -> str | None:
    """Digest of the last plan of a run; None when it has none."""
    query = sa.select(run_plan.c.plan_digest).where(run_plan.c.run_id == run_id)
    return connection.scalar(query.order_by(run_plan.c.id.desc()).limit(1))


def is_kept(connection: sa.Connection, digest: str) -> bool:
    """Whether the content of a plan is kept."""
    query = sa.select(plan_body.c.plan_digest).where(plan_body.c.plan_digest == digest)
    return connection.scalar(query) is not None


def counts(connection: sa.Connection, digest: str) -> dict[str, int]:
    """The numbers of a plan; none for one that is not known."""
    found = connection.scalar(sa.select(plan_table.c.counts).where(plan_table.c.digest == digest))
    return dict(found) if isinstance(found, dict) else {}


def _read(connection: sa.Connection, digest: str, place: str) -> Plan:
    packed = connection.scalar(sa.select(plan_body.c.body).where(plan_body.c.plan_digest == digest))
    if packed is None:
        raise LedgerError(
            f"ledger {place}: the plan {digest} is known, its content is no longer kept",
            hint="make a new one: `scimflow plan -o PLAN`",
        )
    try:
        body = zlib.decompress(packed)
    except zlib.error:
        body = b""
    if digest_of_bytes(body) != digest:
        raise LedgerError(
            f"ledger {place}: what is kept of the plan {digest} is not that plan: it was changed",
            hint="find out who wrote to the ledger; make and review a new plan",
        )
    try:
        return Plan.from_bytes(body, origin=f"plan {digest}")
    except ConfigurationError as error:
        raise LedgerError(f"ledger {place}: {error.message}", hint=error.hint) from None
