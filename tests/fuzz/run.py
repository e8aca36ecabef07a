"""Coverage-guided fuzzing of whatever reads bytes from outside, each target for a bounded time.

    python -m tests.fuzz.run [--seconds 60] [TARGET ...]

Needs atheris (`make fuzz` installs it). What was learned and what failed stays in
`.cache/fuzz/TARGET`; a file `crash-...`, `timeout-...` or `oom-...` there is an input that breaks a
law. To try it again: `python -m tests.fuzz.run --input FILE TARGET`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

CACHE = Path(".cache/fuzz")
MEMORY_MB = 2048  # for the whole process; imports take 300
TIMEOUT_S = 20  # for one input, on a busy machine
LONGEST = 1 << 16  # bytes of an input


def aim(name: str, seconds: int) -> None:
    """Fuzz one target; the process ends with it."""
    import atheris

    with atheris.instrument_imports(include=["tasks", "data_contracts"]):
        from tests.fuzz.targets import TARGETS
    folder = CACHE / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "rss_limit_mb": MEMORY_MB,
        "timeout": TIMEOUT_S,
        "max_len": LONGEST,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    words = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(corpus)], TARGETS[name].run)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the targets one after another; the exit code says whether a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="all when none")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help="try this one input alone")
    given = parser.parse_args()
    if given.one:
        aim(given.targets[0], given.seconds)
    from tests.fuzz.targets import TARGETS

    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}; {', '.join(TARGETS)} are")
    names = given.targets or list(TARGETS)
    if given.input is not None:
        for name in names:
            TARGETS[name].run(given.input.read_bytes())
        return 0
    return bool([name for name in names if not _held(name, given.seconds)])


def _held(name: str, seconds: int) -> bool:
    _say(f"== {name}")
    words = [sys.executable, "-m", "tests.fuzz.run", "--one", "--seconds", str(seconds), name]
    done = subprocess.run(words, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    _say(f"== {name}: {'every law held' if done.returncode == 0 else 'A LAW WAS BROKEN'}")
    return done.returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
