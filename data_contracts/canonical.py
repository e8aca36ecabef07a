"""Canonical bytes and digests: the same value gives the same bytes on every machine.

JSON with sorted keys, no white space, UTF-8 (RFC 8785 in the parts that plans use: text, whole
numbers, booleans, null, lists and objects; no floating point).
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

DIGEST_PREFIX = "sha256:"


def canonical_bytes(value: Any) -> bytes:
    """Write a JSON-like value in its canonical form.

    Args:
        value: Text, whole numbers, booleans, None, and lists and objects of those.

    Returns:
        UTF-8 bytes; equal values give equal bytes.

    >>> canonical_bytes({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of(value: Any) -> str:
    """Digest a JSON-like value by its canonical bytes.

    >>> digest_of({})
    'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """
    return digest_of_bytes(canonical_bytes(value))


def digest_of_bytes(data: bytes) -> str:
    """Digest raw bytes, with the algorithm named in front."""
    return digest_of_pieces((data,))


def digest_of_pieces(pieces: Iterable[bytes]) -> str:
    """Digest bytes that come piece by piece: where they are cut makes no difference.

    >>> digest_of_pieces([b"a", b"bc"]) == digest_of_bytes(b"abc")
    True
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return DIGEST_PREFIX + digest.hexdigest()
