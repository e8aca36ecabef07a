"""A sandbox in a process of its own, as a benchmark's target: its work is not counted as ours."""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from data_contracts.configuration.target import TargetSettings

START_S = 30


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """Run `scimflow sandbox` with options; gives its base URL."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "deployments.sandbox", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready), *options], stdout=subprocess.DEVNULL
        )
        try:
            for _ in range(START_S * 50):
                if ready.exists() and ready.read_text().strip():
                    break
                time.sleep(0.02)
            yield ready.read_text().strip().splitlines()[0]
        finally:
            process.terminate()
            process.wait(10)


def settings(base_url: str, **more: object) -> TargetSettings:
    """Settings for that sandbox."""
    values = {"name": "bench", "base_url": base_url, "auth": {"token_env": "TOKEN"}, **more}
    return TargetSettings.model_validate(values)
