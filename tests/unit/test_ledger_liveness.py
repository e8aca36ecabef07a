"""Whose process has ended: only that one's lease is taken over before its time."""

import os
import subprocess
import sys

import pytest

from tasks.ledger.liveness import is_dead, this_process

ASK = "from tasks.ledger.liveness import this_process; print(this_process(), flush=True); input()"


def test_this_process_lives() -> None:
    assert this_process()
    assert not is_dead(this_process())


def test_a_killed_process_is_dead_even_before_its_parent_has_collected_it() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert not is_dead(name)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not collected
        assert is_dead(name)
        child.wait()
        assert is_dead(name)


def test_another_process_with_the_same_number_is_not_the_same_process() -> None:
    machine, pid, start = this_process().split(" ")
    assert is_dead(f"{machine} {pid} {int(start) - 1}")


@pytest.mark.parametrize("name", ["", "elsewhere 1 2", "elsewhere"])
def test_nobody_is_declared_dead_who_cannot_be_seen(name: str) -> None:
    assert not is_dead(name)
