"""How fast the embedded sandbox answers with 100,000 users, and against python-scim's scim2-server.

    python benchmarks/sandbox_pages.py [--users 100000] [--repeat 50]

Times are whole answers in milliseconds: in process (the code alone) and over a socket (what a
client meets). scim2-server, where installed, holds 5,000 users and is asked the same in the same
run; read the ratio, not the milliseconds.
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import FilterLevel, SandboxSettings

PAGE = 100
PAGE_BUDGET_MS, LOOK_UP_BUDGET_MS = 50, 10
OTHERS_USERS = 5_000


def peak_mib() -> float:
    """The most memory the process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(ask: Callable[[], Any], repeat: int) -> list[float]:
    """Milliseconds of each of `repeat` answers, after two that warm up."""
    times = []
    for number in range(repeat + 2):
        started = time.perf_counter()
        response = ask()
        took = (time.perf_counter() - started) * 1000
        assert response.status_code == 200, response.text
        if number >= 2:
            times.append(took)
    return times


def show(what: str, times: list[float], budget_ms: float | None = None) -> bool:
    """Print p50 and p95; whether p95 is within the budget."""
    p50 = statistics.median(times)
    p95 = sorted(times)[int(len(times) * 0.95) - 1]
    within = budget_ms is None or p95 <= budget_ms
    verdict = (
        "" if budget_ms is None else f"   budget {budget_ms} ms: {'ok' if within else 'MISSED'}"
    )
    print(f"  {what:<44} p50 {p50:8.2f}   p95 {p95:8.2f}{verdict}")
    return within


def in_process(users: int, repeat: int) -> bool:
    before = peak_mib()
    started = time.perf_counter()
    client = InProcessClient(
        SandboxSettings(made_up_users=users, rate_limit_per_s=0, filters=FilterLevel.ALL)
    )
    took = time.perf_counter() - started
    print(f"{users:,} users: started in {took:.1f} s, {peak_mib() - before:.0f} MiB")
    print("in process")
    email = client.sandbox.store[client.sandbox.store.ids[-1]]["userName"]
    far = users - PAGE + 1
    ok = [
        show(
            "first page",
            measure(lambda: client.get("/Users", count=PAGE), repeat),
            PAGE_BUDGET_MS,
        ),
        show(
            f"last page (startIndex={far:,})",
            measure(lambda: client.get("/Users", count=PAGE, startIndex=far), repeat),
            PAGE_BUDGET_MS,
        ),
        show(
            "last page, attributes=userName,active",
            measure(
                lambda: client.get(
                    "/Users", count=PAGE, startIndex=far, attributes="userName,active"
                ),
                repeat,
            ),
            PAGE_BUDGET_MS,
        ),
        show(
            "filter=userName eq",
            measure(lambda: client.get("/Users", filter=f'userName eq "{email}"'), repeat),
            LOOK_UP_BUDGET_MS,
        ),
        show(
            "filter=title eq (reads everybody)",
            measure(lambda: client.get("/Users", filter='title eq "Analyst"'), 3),
        ),
    ]
    return all(ok)


def over_a_socket(users: int, repeat: int) -> bool:
    print("over a socket")
    settings = SandboxSettings(made_up_users=users, rate_limit_per_s=0)
    with serve_in_thread(settings) as (base_url, _), httpx.Client(base_url=base_url) as http:
        far = {"count": PAGE, "startIndex": users - PAGE + 1}
        return show(
            "last page",
            measure(lambda: http.get("/Users", params=far), repeat),
            PAGE_BUDGET_MS,
        )


def against_scim2_server(repeat: int) -> None:
    try:
        from scim2_models import EnterpriseUser, ResourceType, ScimProvider, User
        from scim2_server.applications.wsgi import WSGIApplication
        from scim2_server.memory import InMemoryStorage
    except ImportError:
        print("scim2-server is not installed: no comparison")
        return
    ours = InProcessClient(SandboxSettings(made_up_users=OTHERS_USERS, rate_limit_per_s=0))
    provider = ScimProvider(
        [User, EnterpriseUser], [ResourceType.from_resource(User[EnterpriseUser])]
    )
    application = WSGIApplication(InMemoryStorage(), provider)
    transport = httpx.WSGITransport(app=application)
    with httpx.Client(transport=transport, base_url="http://scim2.test/v2") as theirs:
        for user in ours.sandbox.store.users():
            body = {name: value for name, value in user.items() if name not in ("id", "meta")}
            answer = theirs.post("/Users", json=body)
            assert answer.status_code == 201, answer.text
        far = {"count": PAGE, "startIndex": OTHERS_USERS - PAGE + 1}
        print(f"{OTHERS_USERS:,} users, last page, in process")
        our_times = measure(lambda: ours.get("/Users", **far), repeat)
        their_times = measure(lambda: theirs.get("/Users", params=far), max(5, repeat // 5))
    show("this sandbox", our_times)
    show("scim2-server", their_times)
    ratio = statistics.median(their_times) / statistics.median(our_times)
    print(f"  scim2-server needs {ratio:.0f} times as long")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--alone", action="store_true", help="leave scim2-server out")
    options = parser.parse_args()
    ok = in_process(options.users, options.repeat)
    ok = over_a_socket(options.users, options.repeat) and ok
    if not options.alone:
        against_scim2_server(options.repeat)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
