"""What the fuzzer aims at holds for what it begins with, and for a few spoiled copies of that."""

import random

import pytest

from tests.fuzz.targets import TARGETS

SEED, COPIES = 20260302, 6
FOUND = {
    # inputs that once broke a law
    "returned": [b"", b"\n"],
    "zip": [
        b"PK\x03\x04" + bytes(26) + b"PK\x01\x02" + bytes(42) + b"PK\x05\x06" + bytes(4)
        + b"\x01\x00\x01\x00\x2e\x00\x00\x00\x1e\x00\x00\x00\x00\x00"
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds(name: str) -> None:
    chance = random.Random(SEED)
    for seed in list(TARGETS[name].seeds())[:8]:
        TARGETS[name].run(seed)
        for _ in range(COPIES if name != "contracts" else 1):
            spoiled = bytearray(seed)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(spoiled) + 1)
                spoiled[at : at + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 5))
            TARGETS[name].run(bytes(spoiled))
    for data in FOUND.get(name, []):
        TARGETS[name].run(data)
