"""How much memory reading and checking an export takes, measured in processes of their own."""

import subprocess
import sys
from pathlib import Path

from benchmarks.companies import write_company

PEAK = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from data_contracts.configuration import SourceSettings
from data_contracts.odcs import parse_contract
from tasks.extract.exports import read_batch
from tests.export_parts import columns, contract
path = Path(sys.argv[1])
names = [f"Extra {number}" for number in range(1, 9)]
kept = contract(schema=columns("Employee #", "First Name", *names))
settings = SourceSettings(contract="x", path=path.name)
read = lambda file: read_batch("hr", SourceSettings(contract="x", path=file), kept,
    folder=path.parent, now=datetime.now(UTC))
read("small.csv")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read("large.csv")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_a_file_is_not_kept_as_delivered_as_text_and_as_rows_at_once(tmp_path: Path) -> None:
    """Its columns take twice its size; the file beside them may be there once."""
    write_company(tmp_path / "small.csv", 100)
    write_company(tmp_path / "large.csv", 200_000)  # with Windows' line ends: the text is a copy
    size = (tmp_path / "large.csv").stat().st_size
    words = [sys.executable, "-c", PEAK, str(tmp_path / "large.csv")]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert int(done.stdout) < 5.5 * size
