"""A workspace made of django-scim2-server on SQLite: prints its port once it listens.

Run with a folder for its database; ends when its standard input is closed.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any


def carries_token(request: Any) -> bool:
    return request.headers.get("Authorization") == f"Bearer {os.environ['SCIMFLOW_TOKEN']}"


def serve(folder: Path) -> None:
    import django
    from django.conf import settings

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "workspace.db",
                # without it two writers at once end in "database is locked", whatever the timeout
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django_scim2_server",
        ],
        SECRET_KEY="of a test",
        SCIM2_SERVER_AUTH_CHECK="tests.servers.django_scim.server.carries_token",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    settings.ROOT_URLCONF = (path("scim/v2/", include("django_scim2_server.urls")),)

    class Silent(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    call_command("migrate", verbosity=0)
    server = ThreadedWSGIServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
