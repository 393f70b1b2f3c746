"""`vitascope studio`: the service with its page in the browser, for people who want to make clips and read nothing."""

from __future__ import annotations

import sys
import threading
import webbrowser

import click

from vitascope.config import Settings
from vitascope.errors import BadSettings


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port. [default: 8410]")
@click.option("--browser/--no-browser", default=True, help="Open the page when it is ready.")
def studio(host: str | None, port: int | None, browser: bool) -> None:
    """Open the studio: starts the service with one worker, and its page in the browser."""
    from vitascope import logs
    from vitascope.config import override
    from vitascope.workers import serve as serving

    settings = override(host=host, port=port)
    refuse_unbuilt(settings)
    logs.configure(settings.log_format, requests=False)
    if runs_already(address(settings)):
        url = owners_address(settings)
        print(f"The studio is open already, at {url}", flush=True)
        if browser:
            opened(url)
        return

    def ready() -> None:
        url = owners_address(settings)
        print(f"The studio is open at {url}", flush=True)
        if browser:  # a browser may take its time, and the server answers from this thread
            threading.Thread(target=opened, args=(url,), daemon=True).start()

    serving.serve(settings, when_ready=ready)


def refuse_unbuilt(settings: Settings) -> None:
    """Raise BadSettings when there is no page to show."""
    from vitascope.server.routes.studio import BUILT

    folder = settings.studio_dir or BUILT
    if not (folder / "index.html").is_file():
        raise BadSettings(
            f"The studio is not built: {folder} has no page.",
            hint="Run `make studio` in the folder of its sources. `vitascope serve` runs the API without it.",
        )


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the page."""
    if settings.public_url or settings.host not in ("0.0.0.0", "::"):
        return f"{settings.base_url}/"
    return f"http://127.0.0.1:{settings.port}/"


def owners_address(settings: Settings) -> str:
    """The page's address with a ticket for the owner of this machine; without one where others are served too, because
    there everybody logs in.
    """
    from vitascope.runtime import open_house
    from vitascope.server import local

    if local.why_shared(settings, settings.host in local.LOOPBACK):
        return address(settings)
    store = open_house(settings).store
    try:
        with store.begin() as tx:
            return local.link(tx, address(settings).rstrip("/"), store.clock())
    finally:
        store.close()


def runs_already(url: str) -> bool:
    """Whether a Vitascope answers there: then one more would only fight for its port."""
    import httpx2

    try:
        answer = httpx2.get(f"{url}healthz", timeout=2.0, trust_env=False)
        return answer.status_code == 200 and "version" in answer.json()
    except (httpx2.HTTPError, ValueError, TypeError):
        return False


def opened(url: str) -> bool:
    """Show the page in the browser; where there is none, or no screen, the address that was printed must do."""
    from vitascope.config import can_show_pages

    try:
        return can_show_pages() and webbrowser.open(url)
    except webbrowser.Error as error:
        print(f"No browser could be opened: {error}", file=sys.stderr)
        return False
