"""What runs from the command line set for Prefect before it is imported."""

import ssl

import pytest

from flows.prefect_setting import NO_TLS, prepare_environment

URL, ROOTS = "PREFECT_API_URL", "PREFECT_API_SSL_CERT_FILE"


def prepared(monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, str]:
    """The environment that comes of these variables alone."""
    environ = dict(given)
    monkeypatch.setattr("os.environ", environ)
    prepare_environment()
    return environ


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prepared(monkeypatch, DO_NOT_TRACK="0", PREFECT_SERVER_LOGGING_LEVEL="DEBUG")
    assert (found["DO_NOT_TRACK"], found["PREFECT_SERVER_LOGGING_LEVEL"]) == ("0", "DEBUG")
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


def test_no_roots_are_read_for_a_server_that_is_reached_by_plain_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert prepared(monkeypatch, **{URL: "http://127.0.0.1:4200/api"})[ROOTS] == str(NO_TLS)


@pytest.mark.parametrize("given", [{}, {URL: "https://prefect.acme.example/api"}])
def test_whom_a_server_behind_tls_is_held_against_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    assert ROOTS not in prepared(monkeypatch, **given)


def test_an_authority_of_the_users_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {URL: "http://127.0.0.1:4200/api", ROOTS: "/etc/ssl/acme.pem"}
    assert prepared(monkeypatch, **given)[ROOTS] == "/etc/ssl/acme.pem"


def test_nobody_is_trusted_by_what_stands_in_for_the_roots() -> None:
    """So that an address that turns out to speak TLS is refused, not believed."""
    context = ssl.create_default_context(cafile=NO_TLS)
    assert context.cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 0}
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert "PRIVATE KEY" not in NO_TLS.read_text(encoding="ascii")
