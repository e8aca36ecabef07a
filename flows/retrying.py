"""Who is meant by `scimflow retry PERSON|RUN`: worker keys, found in the ledger."""

from data_contracts.errors import ConfigurationError
from data_contracts.team_plan import TEAM_PREFIX
from tasks.ledger import LedgerReader


def whom_to_retry(ledger: LedgerReader, target: str, of: str) -> frozenset[str]:
    """Find the people.

    Args:
        ledger: To look in.
        target: Name of the target.
        of: A run's id or its beginning, a worker key, a userName or an account id.

    Returns:
        Worker keys: of those whose operations in a run did not succeed, or of the one person.

    Raises:
        ConfigurationError: Nobody is known by that; several are; or nobody failed in the run.
    """
    run = ledger.run(of)
    if run is None:
        return frozenset({_the_person(ledger, target, of)})
    if run.target != target:
        raise ConfigurationError(
            f"run {run.run_id} was on target {run.target}, the settings name {target}",
            hint="name the settings of that target with --config",
        )
    keys = {operation.worker_key for operation in ledger.failed_of_run(run.run_id)}
    failed = {key for key in keys if not key.startswith(TEAM_PREFIX)}
    if keys and not failed:
        raise ConfigurationError(
            f"in run {run.run_id} nothing failed but teams, which are worked out for everybody",
            hint="the next sync tries them again: `scimflow sync`",
        )
    if not failed:
        raise ConfigurationError(
            f"nobody failed in run {run.run_id}", hint=f"`scimflow history {run.run_id}` shows it"
        )
    return frozenset(failed)


def _the_person(ledger: LedgerReader, target: str, person: str) -> str:
    if person in ledger.failing(target):
        return person
    known = ledger.workers(target, person)
    found = [key for key in known if not key.startswith(TEAM_PREFIX)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigurationError(
            f"several people are or were known as {person!r}: workers {', '.join(found)}",
            hint="name one of them by worker key",
        )
    raise ConfigurationError(
        f"the ledger knows no run and no person {person!r}",
        hint="`scimflow history` lists the runs; a person is a worker key, a userName or an id",
    )
