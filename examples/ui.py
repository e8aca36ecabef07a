"""What `make ui` runs: Prefect's server over the runs of the last demo."""

import os
import sys
from pathlib import Path

from examples import demo_folder, servers

ROOT = Path(__file__).resolve().parent.parent
PORT = 4200  # where the UI looks for its API


def main() -> int:
    """Become Prefect's server; 1 when there is no demo to look at."""
    demo = ROOT / ".demo"
    if not demo.is_dir():
        print("there is nothing to look at yet: run `make demo` first", file=sys.stderr)
        return 1
    os.set_inheritable(demo_folder.use(demo), True)  # the server holds the lock from now on
    settings = {
        "PREFECT_HOME": str(demo / "prefect"),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }
    words = [sys.executable, "-m", *servers.prefect_arguments(PORT)]
    os.execve(sys.executable, words, {**os.environ, **settings})


if __name__ == "__main__":
    sys.exit(main())
