"""What a person should know or decide: by the last plan that is kept, or by one made now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from data_contracts.errors import ConfigurationError
from data_contracts.finding import Finding
from data_contracts.outcome import RunRecord
from data_contracts.plan import Plan
from tasks.ledger import LedgerReader
from tasks.report.selection import urgent_first


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings, and where they are from.

    Attributes:
        run: The run that noticed them; None for a plan made now.
        as_of: The day that the plan was for.
        found: The most urgent first.
    """

    run: RunRecord | None
    as_of: date
    found: tuple[Finding, ...]


def last_plan(ledger: LedgerReader, target: str) -> tuple[RunRecord, Plan] | None:
    """The newest whole plan that the ledger keeps, with its run; None when there is none.

    Args:
        ledger: To look in.
        target: Name of the target.
    """
    for run in ledger.runs(target=target):
        digest = run.plan_digest or ""
        plan = ledger.plan(digest) if ledger.keeps_plan(digest) else None
        if plan is not None and plan.is_whole:
            return run, plan
    return None


def findings_of(
    plan: Plan, run: RunRecord | None, ledger: LedgerReader, person: str | None
) -> Findings:
    """The findings of a plan, of everybody or about one person.

    Args:
        plan: The plan.
        run: The run that made it.
        ledger: Knows people by their other names.
        person: Worker key, userName or account id; None for everybody.

    Raises:
        ConfigurationError: Nobody is known by that.
    """
    found = urgent_first(plan.findings)
    if person is not None:
        known = _known_as(plan, ledger, person)
        found = [finding for finding in found if finding.subject in known]
        if not found and known == {person} and not _is_in(plan, person):
            raise ConfigurationError(
                f"neither the plan nor the ledger know {person!r}",
                hint="give a worker key, a userName or an account id; `scimflow explain PERSON` "
                "looks into the exports, too",
            )
    return Findings(run, plan.as_of, tuple(found))


def _is_in(plan: Plan, person: str) -> bool:
    return any(person == worker for worker, _, _ in _people(plan))


def _known_as(plan: Plan, ledger: LedgerReader, person: str) -> set[str]:
    """Everything that the person may be called in a finding: worker keys and account ids."""
    links = ledger.links(plan.target)
    wanted = person.strip().casefold()
    workers = {person, *ledger.workers(plan.target, person)}
    for worker, login, account in _people(plan):
        if wanted in (login.casefold(), account.casefold()):
            workers.add(worker)
    accounts = links.loc[links["worker_key"].isin(list(workers)), "account_id"]
    return workers | {str(account) for account in accounts}


def _people(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Worker key, userName and account id of whom the plan does something for."""
    for operation in plan.operations:
        yield operation.worker_key, operation.user_name, operation.account_id or ""
    for adoption in plan.adoptions:
        yield adoption.worker_key, adoption.user_name, adoption.account_id
