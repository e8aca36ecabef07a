"""Fifty times kill -9 at a random moment of a load of 2,000 operations, each time resumed.

Ten loads, each killed five times: four times as a write is stored and not yet answered, once after
a random time, so that reading, planning and settling are hit too. Every run but the last one of a
load is killed; what must hold is looked at when its last one has ended.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from data_contracts.errors import EXIT_PARTLY
from tests.kill_parts import (
    KILL,
    TARGET,
    TERM,
    endangered,
    is_in_line,
    moments,
    nothing_is_lost_or_doubled,
)
from tests.sync_parts import SyncProcesses, sync_processes

pytestmark = pytest.mark.alone

OPERATIONS = 2_000
LOADS = 10
KILLS = 5
MARGIN = 200
"""Operations that are left after the last kill."""

LONGEST_STOP_S = 10


@pytest.fixture(scope="module")
def processes() -> Iterator[SyncProcesses]:
    with sync_processes() as started:
        yield started


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(LOADS))
def test_a_load_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    seed: int, tmp_path: Path, processes: SyncProcesses
) -> None:
    chance = random.Random(seed)
    with endangered(tmp_path / "company", OPERATIONS, processes) as company:
        at = moments(chance, KILLS - 1, OPERATIONS - MARGIN)
        early = chance.randrange(KILLS - 1)
        killed = 0
        for number in range(KILLS):
            # what was under way when the last one was killed may have been stored since
            moment = max(at[0], company.witness.changes + 1)
            delay_s = chance.uniform(0, 3) if number == early else None
            killed += company.run(KILL, at=moment, delay_s=delay_s) == -KILL
            at = at if number == early else at[1:]
        assert killed == KILLS, company.said()
        assert company.run() == 0, company.said()
        nothing_is_lost_or_doubled(company)
        assert is_in_line(company)


def test_sigterm_ends_a_run_within_ten_seconds_also_where_the_target_hangs(
    tmp_path: Path, processes: SyncProcesses
) -> None:
    hangs = "slow=1@27:60000"
    with endangered(tmp_path / "company", 200, processes, hangs) as company:
        code = company.run(TERM, at=25)
        assert monotonic() - company.sent_at < LONGEST_STOP_S
        assert code == EXIT_PARTLY, company.said()
        with company.ledger as ledger:
            unknown = {intent.result for intent in ledger.open_intents(TARGET)}
            assert unknown == {"unknown"}, "what hangs has an outcome too"
        company.sandbox.faults.clear()
        assert company.run() == 0, company.said()
        nothing_is_lost_or_doubled(company)
