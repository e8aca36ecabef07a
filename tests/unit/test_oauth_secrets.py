"""Secrets where the settings say, and refresh tokens that are replaced there: whole, or not."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from data_contracts.configuration.oauth import OAuth2Settings, SecretReference
from data_contracts.errors import ConfigurationError, TargetUnavailable, TokenRefused
from tasks.scim.credentials import Credentials, read_credentials
from tasks.scim.private_file import (
    LOCK_WAIT_S,
    SUFFIX,
    finish_replacing,
    only_reader,
    replace_private,
)
from tasks.scim.secret import SecretPlace, SecretStore, place_of
from tests.target_parts import FakeTime, asynchronous

KEY = "target.auth.oauth2.refresh_token"
WHAT = "the refresh token"


def place(**where: str) -> SecretPlace:
    return place_of(SecretReference.model_validate(where), KEY, WHAT)


class Blocks(dict[str, str]):
    """Prefect's Secret blocks."""

    def read(self, name: str) -> str:
        if name not in self:
            raise ValueError(name)
        return self[name]

    def write(self, name: str, value: str) -> None:
        self[name] = value


def store_in(folder: Path, blocks: Blocks | None = None, **environ: str) -> SecretStore:
    known = blocks if blocks is not None else Blocks()
    return SecretStore(environ, folder, known.read, known.write)


# --------------------------------------------------------------------------------- where they are


def test_a_secret_comes_from_the_environment_a_file_or_a_block(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in-file\n")
    store = store_in(tmp_path, Blocks(block="in-block"), NAME=" in-environment ")
    places = (place(env="NAME"), place(file="file"), place(block="block"))
    assert [store.read(p) for p in places] == ["in-environment", "in-file", "in-block"]


@pytest.mark.parametrize(
    ("where", "words", "hint"),
    [
        ({"env": "ABSENT"}, "variable ABSENT is not set", "export ABSENT="),
        ({"env": "EMPTY"}, "EMPTY is empty", "put the refresh token there"),
        ({"file": "absent"}, "the file absent does not exist", "readable"),
        ({"block": "absent"}, "block 'absent' does not exist", "Prefect UI"),
    ],
)
def test_a_missing_secret_says_which_setting_names_it(
    where: dict[str, str], words: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        store_in(tmp_path, EMPTY=" ").read(place(**where))
    assert words in caught.value.message
    assert hint in str(caught.value.hint)
    assert "is empty" in words or f"{KEY}.{next(iter(where))}" in caught.value.message


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    locked = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
    ).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = pem(RSA)


def credentials(tmp_path: Path, text: str) -> Credentials:
    settings = OAuth2Settings.model_validate(
        {
            "grant": "jwt_bearer",
            "token_url": "https://x.example/t",
            "client_id": "us",
            "private_key": {"env": "K"},
            "subject": "a",
        }
    )
    return read_credentials(settings, store_in(tmp_path, K=text))


@pytest.mark.parametrize("text", [PEM, PEM.replace("\n", "\\n"), f"\n{PEM}\n\n"])
def test_a_key_is_read_also_from_one_line(text: str, tmp_path: Path) -> None:
    read = credentials(tmp_path, text)
    assert read.private_key is not None
    assert read.private_key.is_private
    assert "PRIVATE" not in repr(read)
    assert "RSA" not in repr(read)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no key", "no private key in PEM form"),
        (PEM[:200], "no private key in PEM form"),
        (
            RSA.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
            "no private key in PEM form",
        ),
        (pem(ec.generate_private_key(ec.SECP256R1())), "of another kind: RS256 needs RSA"),
        (pem(RSA, b"password"), "locked with a password"),
        (
            pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
            "a key of 1024 bits: RS256 needs 2048",
        ),
    ],
)
def test_what_is_no_usable_key_is_said_to_be_none(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        credentials(tmp_path, text)
    assert "the environment variable K" in caught.value.message
    assert "openssl genpkey" in str(caught.value.hint)
    assert text[:40] not in caught.value.message


@pytest.mark.parametrize("text", ["two\nlines", "pässword", "a\x00b"])
def test_a_secret_that_cannot_be_one_is_refused_and_not_repeated(text: str, tmp_path: Path) -> None:
    settings = OAuth2Settings.model_validate(
        {
            "grant": "client_credentials",
            "token_url": "https://x.example/t",
            "client_id": "us",
            "client_secret": {"env": "S"},
        }
    )
    with pytest.raises(ConfigurationError, match="cannot be the client's secret") as caught:
        read_credentials(settings, store_in(tmp_path, S=text))
    assert text not in caught.value.message


# ------------------------------------------------------------------------------ replaced as a whole


def test_a_new_token_takes_the_old_ones_place_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    file.chmod(0o644)
    store_in(tmp_path).replace(place(file="token"), "new")
    assert file.read_text() == "new\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_link_goes_on_leading_to_the_token(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "token").write_text("old\n")
    (tmp_path / "token").symlink_to("real/token")
    store_in(tmp_path).replace(place(file="token"), "new")
    assert (tmp_path / "token").is_symlink()
    assert (tmp_path / "real" / "token").read_text() == "new\n"


def test_a_new_token_takes_the_old_ones_place_in_a_block(tmp_path: Path) -> None:
    blocks = Blocks(block="old")
    store_in(tmp_path, blocks).replace(place(block="block"), "new")
    assert blocks == {"block": "new"}


def test_an_environment_variable_cannot_keep_a_new_token(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        store_in(tmp_path, NAME="old").replace(place(env="NAME"), "n3w")
    assert "the environment variable NAME cannot keep the new one" in caught.value.message
    assert "a file or a Prefect Secret block" in str(caught.value.hint)
    assert "n3w" not in f"{caught.value.message}{caught.value.hint}"


def test_a_file_that_cannot_be_written_stays_as_it_is_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("old\n")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device: n3w")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenRefused) as caught:
        store_in(tmp_path).replace(place(file="token"), "n3w")
    assert "could not be kept in the file token (OSError)" in caught.value.message
    assert "writable" in str(caught.value.hint)
    assert "n3w" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"
    assert (tmp_path / "token").read_text() == "old\n"


def test_a_block_that_cannot_be_written_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    def broken(name: str, value: str) -> None:
        raise RuntimeError(f"cannot write {value}")

    store = SecretStore({}, tmp_path, Blocks(b="old").read, broken)
    with pytest.raises(TokenRefused, match="Prefect Secret block 'b'") as caught:
        store.replace(place(block="b"), "n3w")
    assert "n3w" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


# ------------------------------------------------------------------------- a crash in the middle

CRASH = """
import os, sys
from pathlib import Path
from tasks.scim import private_file
moment, file = sys.argv[1], Path(sys.argv[2])
if moment == "before the disk":
    os.fsync = lambda handle: os._exit(9)
if moment == "before its place":
    private_file._put_in_place = lambda beside, path: os._exit(9)
private_file.replace_private(file, "new")
os._exit(0)
"""


@pytest.mark.parametrize("moment", ["before the disk", "before its place", "never"])
def test_a_process_that_is_gone_in_the_middle_leaves_the_new_token_to_the_next(
    moment: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    ended = subprocess.run([sys.executable, "-c", CRASH, moment, str(file)], check=False)
    assert ended.returncode == (0 if moment == "never" else 9)
    assert file.read_text() == ("new\n" if moment == "never" else "old\n"), "never half of it"
    store = store_in(tmp_path)
    assert store.latest(place(file="token")) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("half", ["", "ne"])
def test_half_a_token_beside_the_file_is_no_token(half: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old\n")
    (tmp_path / f"token{SUFFIX}").write_text(half)
    assert store_in(tmp_path).latest(place(file="token")) == "old"
    store_in(tmp_path).replace(place(file="token"), "new")
    assert (tmp_path / "token").read_text() == "new\n"
    assert not (tmp_path / f"token{SUFFIX}").exists()


def test_what_somebody_put_there_since_is_newer_than_what_a_crash_left(tmp_path: Path) -> None:
    left, file = tmp_path / f"token{SUFFIX}", tmp_path / "token"
    left.write_text("left\n")
    os.utime(left, (1, 1))
    file.write_text("by hand\n")
    finish_replacing(file)
    assert file.read_text() == "by hand\n"


def test_what_stands_beside_the_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / f"token{SUFFIX}").symlink_to(victim)
    replace_private(tmp_path / "token", "new")
    assert victim.read_text() == "untouched"
    assert (tmp_path / "token").read_text() == "new\n"


# -------------------------------------------------------------------------------- one at a time


@asynchronous
async def test_one_reader_at_a_time(tmp_path: Path) -> None:
    time, at_once, most = FakeTime(), 0, 0

    async def use() -> None:
        nonlocal at_once, most
        async with only_reader(tmp_path / "token", time.clock):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(use() for _ in range(10)))
    assert most == 1
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@asynchronous
async def test_a_reader_that_never_ends_is_waited_for_and_then_named(tmp_path: Path) -> None:
    time = FakeTime()
    async with only_reader(tmp_path / "token", time.clock):
        with pytest.raises(TargetUnavailable, match="the token in token for 60 s"):
            async with only_reader(tmp_path / "token", time.clock):
                raise AssertionError("two at a time")
    assert sum(time.slept) == pytest.approx(LOCK_WAIT_S, abs=0.2)
    async with only_reader(tmp_path / "token", time.clock):
        pass


@asynchronous
async def test_where_there_is_no_folder_nobody_is_kept_out(tmp_path: Path) -> None:
    async with only_reader(tmp_path / "absent" / "token", FakeTime().clock):
        pass
