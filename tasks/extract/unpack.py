"""Exports that come packed: what is in a .gz or .zip, within bounds.

A few kilobytes can hold gigabytes of the same byte. What unpacks to more than the limit, or to more
than so many times its size, is refused before it fills the memory.
"""

import io
import zipfile
import zlib
from fnmatch import fnmatchcase

from data_contracts.errors import SourceError
from tasks.extract.places import too_large

MOST_TIMES = 200
"""Exports of people pack to a tenth, with few values to a fiftieth; a bomb to a thousandth."""
_FREE = 16 << 20  # bytes that may come of anything
_CHUNK = 1 << 20
_GZIP = 31  # zlib's word for gzip's header and checksum


def unpack(shown: str, data: bytes, member: str | None, limit: int) -> tuple[str, bytes]:
    """Unpack a file whose name ends in .gz or .zip; others are given back as they are.

    Args:
        shown: Path or URL.
        data: The file.
        member: Which file of a .zip; a name or a pattern; None for the only one.
        limit: Bytes that it may unpack to.

    Returns:
        What messages call it, and the bytes.

    Raises:
        SourceError: It is damaged, encrypted, too large, or has no such member.
    """
    name = shown.lower()
    if name.endswith(".gz"):
        return shown, _gunzip(shown, data, limit)
    if not name.endswith(".zip"):
        if member is not None:
            raise SourceError(
                f"{shown} is no .zip, and the source names a `member` of one",
                hint="take `member` out of the source, or let the name end in .zip",
            )
        return shown, data
    inner, found = _from_zip(shown, data, member, limit)
    inside = f"{inner} in {shown}"
    if inner.lower().endswith(".gz"):
        return inside, _gunzip(inside, found, limit)
    return inside, found


def _gunzip(shown: str, data: bytes, limit: int) -> bytes:
    whole = io.BytesIO()
    rest = data
    try:
        while rest.strip(b"\0"):  # several members may follow each other, and zeros the last
            member = zlib.decompressobj(_GZIP)
            while not member.eof:
                whole.write(member.decompress(rest, _CHUNK))
                _refuse_bomb(shown, whole.tell(), len(data), limit)
                if not member.unconsumed_tail and not member.eof:
                    whole.write(member.flush())
                    if not member.eof:
                        raise zlib.error("cut off")
                rest = member.unconsumed_tail
            rest = member.unused_data
    except zlib.error:
        raise _damaged(shown, "gzip") from None
    return whole.getvalue()


def _from_zip(shown: str, data: bytes, member: str | None, limit: int) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = _choose(shown, archive, member)
            if info.flag_bits & 1:
                raise SourceError(
                    f"{info.filename} in {shown} is encrypted", hint="pack it without a password"
                )
            whole = io.BytesIO()
            with archive.open(info) as file:
                while chunk := file.read(_CHUNK):
                    whole.write(chunk)
                    _refuse_bomb(
                        f"{info.filename} in {shown}", whole.tell(), info.compress_size, limit
                    )
            return info.filename, whole.getvalue()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        # RuntimeError: also a way of packing that is not known
        raise _damaged(shown, "zip") from None


def _choose(shown: str, archive: zipfile.ZipFile, member: str | None) -> zipfile.ZipInfo:
    files = [info for info in archive.infolist() if not info.filename.endswith("/")]
    for info in files:
        if _leads_out(info.filename):
            raise SourceError(
                f"{shown} holds a file whose path leads out of it ({info.filename!r}); it was not "
                "read",
                hint="ask who packed it: no program that means well does this",
            )
    files = [info for info in files if not info.filename.startswith(("__MACOSX/", "."))]
    if member is not None:
        chosen = [i for i in files if i.filename == member] or [
            i for i in files if fnmatchcase(i.filename, member)
        ]
    else:
        chosen = files
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(repr(info.filename) for info in files[:10]) or "nothing"
    what = "" if member is None else f" and {len(chosen)} match `{member}`"
    raise SourceError(
        f"{shown} holds {len(files)} files{what}: {names}",
        hint="say by `member` of the source which one is the export",
    )


def _leads_out(name: str) -> bool:
    """Nothing is written by such a name; but whoever makes one is not to be trusted."""
    parts = name.replace("\\", "/").split("/")  # a file without a name leads nowhere
    return ".." in parts or not parts[0] or parts[0].endswith(":")


def _refuse_bomb(shown: str, size: int, packed: int, limit: int) -> None:
    if size > limit:
        raise too_large(shown, limit)
    if size > _FREE and size > MOST_TIMES * max(packed, 1):
        raise SourceError(
            f"{shown} unpacks to more than {MOST_TIMES} times its size; it was not read",
            hint="send the export unpacked if it really is like that",
        )


def _damaged(shown: str, kind: str) -> SourceError:
    return SourceError(
        f"{shown} cannot be unpacked as {kind}: it is damaged, cut off, or something else",
        hint="ask for it again",
    )
