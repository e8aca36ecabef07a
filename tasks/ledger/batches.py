"""Deliveries of exports: what was read, what its contract said, which rows were set aside."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from data_contracts.acted_on import ActedOn
from data_contracts.batch import ContractReport, QuarantinedRow
from data_contracts.words import BatchVerdict
from tasks.ledger.chain import append_rows
from tasks.ledger.runs import was_carried_out
from tasks.ledger.schema import batch, quarantined_row, run, run_plan


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """The delivery that a later one of the same source is compared with.

    Attributes:
        rows: Rows of the file.
        digest: The file's digest.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """One delivery, as a run recorded it.

    Attributes:
        source: Name of the source.
        path: The file.
        digest: Its digest.
        contract: Name of the contract.
        contract_version: Its version.
        verdict: What the contract said.
        rows_read: Rows of the file.
        rows_accepted: Rows that went on.
        rows_quarantined: Rows that were set aside.
        refusals: Why the batch was refused; empty unless it was.
    """

    source: str
    path: str
    digest: str
    contract: str
    contract_version: str
    verdict: BatchVerdict
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    refusals: tuple[str, ...]


def record(connection: sa.Connection, run_id: str, report: ContractReport) -> None:
    """Keep what a contract said of a delivery.

    The rows of a refused batch are not kept one by one: none was set aside while others went on,
    and there may be as many as the file has.
    """
    append_rows(
        connection,
        batch,
        [
            {
                "run_id": run_id,
                "source": report.source,
                "path": report.path,
                "digest": report.digest,
                "contract": report.contract,
                "contract_version": report.contract_version,
                "verdict": str(report.verdict),
                "rows_read": report.rows_read,
                "rows_accepted": report.rows_accepted,
                "rows_quarantined": len(report.quarantined),
                "refusals": list(report.refusals),
            }
        ],
    )
    if report.verdict is BatchVerdict.REFUSED or not report.quarantined:
        return
    append_rows(
        connection,
        quarantined_row,
        [
            {
                "run_id": run_id,
                "source": row.source,
                "line": row.line,
                "worker_key": row.worker_key,
                "rule_ids": list(row.rule_ids),
                "reasons": list(row.reasons),
            }
            for row in report.quarantined
        ],
    )


def of_run(connection: sa.Connection, run_id: str) -> list[RecordedBatch]:
    """Read the deliveries of a run, by source."""
    columns = [column for column in batch.c if column.name not in ("id", "run_id")]
    query = sa.select(*columns).where(batch.c.run_id == run_id).order_by(batch.c.source)
    return [
        RecordedBatch(
            **{
                **row._mapping,
                "verdict": BatchVerdict(row.verdict),
                "refusals": tuple(row.refusals),
            }
        )
        for row in connection.execute(query)
    ]


def is_known(connection: sa.Connection, target: str, source: str, digest: str) -> bool:
    """Whether a run of the target has read a delivery, whatever came of it."""
    query = (
        sa.select(sa.literal(1))
        .select_from(batch.join(run, run.c.run_id == batch.c.run_id))
        .where(run.c.target == target, batch.c.source == source, batch.c.digest == digest)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def quarantined_of(connection: sa.Connection, run_id: str) -> list[QuarantinedRow]:
    """Read the rows that a run set aside, by source and line."""
    query = sa.select(quarantined_row).where(quarantined_row.c.run_id == run_id)
    return [
        QuarantinedRow(
            source=row.source,
            line=row.line,
            rule_ids=tuple(row.rule_ids),
            reasons=tuple(row.reasons),
            worker_key=row.worker_key,
        )
        for row in connection.execute(
            query.order_by(quarantined_row.c.source, quarantined_row.c.line)
        )
    ]


def last_accepted(
    connection: sa.Connection, target: str, source: str, before: date | None = None
) -> AcceptedBatch | None:
    """Find the last delivery that was acted on: what shrinkage is measured against.

    A delivery counts once a plan made from it was carried out, at least in part. Accepted by its
    contract is not enough: a delivery whose plan was held by the shrinkage guardrail would be
    compared with itself on the next night, and pass. So a held plan's delivery counts from the
    moment when the plan was approved and carried out, by whichever run: a person has looked at
    the smaller number and said yes, and it is the new measure. A run that failed before it judged
    a plan, and flows that only look, change no measure either.

    The last is the one for the latest day: a backfill of last winter, made today, is no measure for
    tonight. With `before`, runs for that day and later ones do not count.
    """
    query = _acted_on(target, source, before, batch.c.rows_read, batch.c.digest).limit(1)
    found = connection.execute(query).first()
    return None if found is None else AcceptedBatch(found.rows_read, found.digest)


def last_delivery(
    connection: sa.Connection,
    target: str,
    source: str,
    digest: str | None = None,
    before: date | None = None,
) -> ActedOn | None:
    """Find the last delivery that was acted on, as `last_accepted` does; of a digest if given."""
    columns = (batch.c.digest, batch.c.path, run.c.run_id, run.c.started_at)
    query = _acted_on(target, source, before, *columns).limit(1)
    if digest is not None:
        query = query.where(batch.c.digest == digest)
    found = connection.execute(query).first()
    if found is None:
        return None
    return ActedOn(found.digest, found.path, found.run_id, found.started_at)


def _acted_on(
    target: str, source: str, before: date | None, *columns: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Deliveries whose plans were carried out, that for the latest day first."""
    theirs = run_plan.alias("theirs")
    query = (
        sa.select(*columns)
        .select_from(run)
        .join(run_plan, run_plan.c.run_id == run.c.run_id)
        .join(theirs, theirs.c.plan_digest == run_plan.c.plan_digest)
        .join(batch, batch.c.run_id == theirs.c.run_id)
        .where(
            run.c.target == target,
            batch.c.source == source,
            batch.c.verdict != str(BatchVerdict.REFUSED),
            was_carried_out(),
        )
        .order_by(
            run.c.as_of.desc(), run.c.started_at.desc(), run.c.run_id.desc(), batch.c.id.desc()
        )
    )
    return query if before is None else query.where(run.c.as_of < before.isoformat())


def paths_acted_on(connection: sa.Connection, target: str, source: str) -> list[str]:
    """Read the files of a source that runs acted on, each once."""
    query = (
        sa.select(batch.c.path)
        .join(run, run.c.run_id == batch.c.run_id)
        .where(
            run.c.target == target,
            batch.c.source == source,
            batch.c.verdict != str(BatchVerdict.REFUSED),
            was_carried_out(),
        )
    )
    return list(connection.scalars(query.distinct()))
