"""Which process a lease belongs to, and whether that process still lives.

A process is named by machine (boot and process namespace: containers share names and kernels),
process id and start time (ids are used again). Where the system does not tell these, nobody is
declared dead here, and a lease ends by its time.
"""

import os
from pathlib import Path

STATE_AND_START = (0, 19)
"""Places of state and start time in /proc/PID/stat behind the command's name (proc(5))."""

ENDED = frozenset("ZX")
"""States of a process that was killed, and is not collected yet."""


def this_process() -> str:
    """Name this process; "" where the system does not tell enough."""
    machine, start = _machine(), _start_of(os.getpid())
    return f"{machine} {os.getpid()} {start}" if machine and start else ""


def is_dead(process: str) -> bool:
    """Whether a process, named by `this_process`, is known to have ended."""
    machine, _, rest = process.partition(" ")
    pid, _, start = rest.partition(" ")
    if not start or machine != _machine():
        return False
    return _start_of(int(pid)) != start


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    """When a process started, in the kernel's count; "" when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # the name in brackets may hold anything
    state, start = (fields[place] for place in STATE_AND_START)
    return "" if state in ENDED else start
