"""What a fuzzer aims at: each takes any bytes, and fails only where a law does not hold.

The laws: what cannot be used is refused in words (`ScimflowError`) and never by a traceback; rows
in are rows accepted and rows set aside, each with a line of its own. How long an input may take,
and how much memory, is said in `tests/fuzz/run.py`.
"""

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import yaml

from data_contracts.batch import RawBatch
from data_contracts.errors import ContractFileError, ScimflowError
from data_contracts.export_contract import ExportContract
from data_contracts.odcs import parse_contract
from data_contracts.words import BatchVerdict
from tasks.extract.contracts import list_published, published_text, read_contract
from tasks.extract.propose import propose_contract
from tasks.extract.recognise import recognise
from tasks.extract.returned_rows import read_returned
from tasks.extract.unpack import unpack
from tasks.validate.check import check_batch
from tests.export_parts import DATA, GOOD, HEADER, contract, custom, document, read

SAMPLES = DATA / "samples"
ROOM = 64 << 20  # bytes that an archive may unpack to


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes bytes from outside.

    Attributes:
        run: Takes them.
        seeds: What the fuzzer begins with.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def hold_reading(kept: Callable[[], ExportContract], data: bytes) -> None:
    """A file is read, every row with a line of its own, or refused in words."""
    with contextlib.suppress(ScimflowError):
        _batch(kept(), data)


def hold_checking(kept: Callable[[], ExportContract], data: bytes) -> None:
    """Rows in are rows accepted and rows set aside."""
    with contextlib.suppress(ScimflowError):
        batch = _batch(kept(), data)
        checked = check_batch(batch, kept())
        report = checked.report
        if report.verdict is BatchVerdict.REFUSED:
            assert report.refusals
            assert not len(checked.accepted)
            return
        assert report.rows_read == len(checked.accepted) + len(report.quarantined)
        assert not set(checked.accepted["_line"]) & {row.line for row in report.quarantined}


def hold_contract(data: bytes) -> None:
    """A contract is taken, or every problem told with its line."""
    published = {name: published_text(name) for name in ("bamboohr-report", "okta-users-json")}
    told = ""
    try:
        parse_contract(data.decode("utf-8", "replace"), origin="own.yaml", published=published)
    except ContractFileError as error:
        told = error.message
    assert not told or told.startswith(("own.yaml", *published))


def hold_recognition(data: bytes) -> None:
    """What is seen of a file gives a sound draft, or is refused in words."""
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return  # a workbook is looked at in a process of its own, which takes a second
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(data)
        with contextlib.suppress(ScimflowError):
            recognise(path)
            propose_contract(path)


def hold_returned(data: bytes) -> None:
    """Corrected rows are read, or refused in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        path.write_bytes(data)
        with contextlib.suppress(ScimflowError):
            assert read_returned(path)


def hold_unpacking(ending: str, data: bytes) -> None:
    """An archive gives its file within bounds, or is refused in words."""
    with contextlib.suppress(ScimflowError):
        _, found = unpack(f"hr{ending}", data, None, ROOM)
        assert len(found) <= ROOM


def _batch(kept: ExportContract, data: bytes) -> RawBatch:
    with tempfile.TemporaryDirectory() as folder:
        batch = read(Path(folder), data, kept, "export")
    assert batch.rows_read == len(batch.frame) + len(batch.malformed)
    lines = [*batch.frame["_line"].tolist(), *(row.line for row in batch.malformed)]
    assert len(set(lines)) == len(lines)
    assert set(map(str, batch.frame.drop(columns="_line").dtypes)) <= {"str"}
    return batch


@cache
def _kept(form: str) -> ExportContract:
    options = {
        "csv": custom(escape="\\"),
        "xml": custom(recordsAt="All.One"),
        "json": custom(recordsAt="people"),
        "ldif": custom(guids=["id"]),
    }
    return contract(server={"format": form, "customProperties": options.get(form, [])})


@cache
def _published(name: str) -> ExportContract:
    return read_contract(name, Path())


def _samples(*endings: str) -> Iterator[bytes]:
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix in endings:
            yield path.read_bytes()


def _parquet() -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    for compression in ("none", "gzip"):
        file = io.BytesIO()
        table = pa.table({"id": ["1", "2"], "name": ["Ann", None], "since": [1.5, 2.0]})
        parquet.write_table(table, file, compression=compression)
        yield file.getvalue()


def _archives() -> Iterator[bytes]:
    import gzip

    yield gzip.compress(f"{HEADER}\n{GOOD}".encode())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hr.csv", f"{HEADER}\n{GOOD}" * 9)
    yield file.getvalue()


def _contracts() -> Iterator[bytes]:
    yield yaml.safe_dump(document(), sort_keys=False).encode()  # small, and so the fastest
    for name in list_published():
        yield published_text(name).encode()
    for reference in ("bamboohr-report@1", "okta-users-json@1"):
        yield (
            "apiVersion: v3.2.0\nkind: DataContract\nid: urn:x\nname: own\nversion: 1.0.0\n"
            f"customProperties: [{{property: extends, value: {reference}}}]\n"
        ).encode()


def _plain() -> Iterator[bytes]:
    yield f"{HEADER}\n{GOOD}".encode()
    yield f'{HEADER}\n1,"a\nb",c@d.ch,Active,2020-01-31\n'.encode("utf-16")
    yield b'{"people": [{"id": "1", "name": "Ann"}]}\n{"people": [{"id": 2}], "next_link": null}'
    yield b'{"id": "1"}\n{"id": 2, "name": null}\n'
    yield b"<r:All xmlns:r='urn:x'><r:One a='b'><r:id>001</r:id></r:One></r:All>"
    yield b"version: 1\ndn: a\nid: 001\nname: Ann\n  Lee\n\n# next\ndn: b\nid:: MDAy\n"


def _returned() -> Iterator[bytes]:
    yield b'"source","digest","line","rules","reasons","id"\r\n"hr","sha256:x","2","r","y","1"\r\n'
    yield b'{"source": "hr", "digest": "sha256:x", "line": 2, "row": {"id": "1"}}\n'


def _texts() -> Iterator[bytes]:
    yield from _plain()
    yield from _samples(".csv", ".json", ".xml", ".ldif")


TARGETS: dict[str, Target] = {
    "contracts": Target(hold_contract, _contracts),
    "csv": Target(partial(hold_reading, partial(_kept, "csv")), _plain),
    "json": Target(partial(hold_reading, partial(_kept, "json")), _plain),
    "jsonl": Target(partial(hold_reading, partial(_kept, "jsonl")), _plain),
    "xml": Target(partial(hold_reading, partial(_kept, "xml")), _plain),
    "ldif": Target(partial(hold_reading, partial(_kept, "ldif")), _plain),
    "parquet": Target(partial(hold_reading, partial(_kept, "parquet")), _parquet),
    "okta": Target(
        partial(hold_reading, partial(_published, "okta-users-json")), lambda: _samples(".json")
    ),
    "workday": Target(
        partial(hold_reading, partial(_published, "workday-raas-xml")), lambda: _samples(".xml")
    ),
    "check": Target(partial(hold_checking, partial(_kept, "csv")), _plain),
    "recognise": Target(hold_recognition, _texts),
    "returned": Target(hold_returned, _returned),
    "gz": Target(partial(hold_unpacking, ".gz"), _archives),
    "zip": Target(partial(hold_unpacking, ".zip"), _archives),
}
