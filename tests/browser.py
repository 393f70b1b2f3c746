"""A real browser for the tests: headless Chromium, started once, in which small scripts of `tests/scenarios/` act as a
person would, by the names of things. Playwright drives it; both come from elsewhere, so a machine without them skips.
"""

import json
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

import doubles
import judges

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(__file__).parent / "scenarios"
PACKAGES = ROOT / "studio" / "node_modules"
ARTEFACTS = ROOT / "artefacts" / "studio"  # pictures of the pages, and of what failed; git ignores them
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0"),
)
PATIENCE = 400  # seconds for one scenario, on a machine that is shared; a few on one of one's own


@cache
def node():
    """The Node that builds the studio; skips without one."""
    sys.path.insert(0, str(ROOT / "studio"))
    try:
        import build
    finally:
        sys.path.pop(0)
    found = shutil.which("node")
    if found and build.version(found) >= (18,):
        return found
    inside = build.wheel()
    return inside[0] if inside else pytest.skip("there is no Node; `make page` brings one")


def package(name):
    """A file of the studio's packages; skips when they are not installed."""
    file = PACKAGES / name
    return file if file.exists() else pytest.skip(f"{name} is not in studio/node_modules; `make page` installs it")


@cache
def chromium():
    """Its path. Installed when it is missing and that is possible; else the test is skipped."""
    if found := _found():
        return found
    judges.install("chromium")
    _found.cache_clear()
    return _found() or pytest.skip("there is no Chromium, and it could not be installed")


@cache
def _found():
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """Chromium with a door for scripts. `act(script, base, ...)` runs one of them; its faults are the test's.
    `cookies`: address of a server -> "name=value", which windows have there from the start.
    """

    def __init__(self, folder):
        self.folder, self.cookies = folder, {}
        with open(folder / "browser.log", "wb") as log:
            command = [chromium(), *QUIET, f"--user-data-dir={folder / 'profile'}", "about:blank"]
            here = doubles.environment() | {"XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=here)
        self.url = f"http://127.0.0.1:{self._port()}"
        ARTEFACTS.mkdir(parents=True, exist_ok=True)

    def act(self, script, base, **given):
        """What the script found out."""
        environment = doubles.environment() | {
            "BASE": base,
            "COOKIE": self.cookies.get(base, ""),
            "GIVEN": json.dumps(given),
            "NAME": script,
            "BROWSER": self.url,
            "ARTEFACTS": str(ARTEFACTS),
            "PLAYWRIGHT": str(package("playwright-core/index.mjs")),
            "AXE": str(package("axe-core/axe.min.js")),
        }
        command = [node(), str(SCRIPTS / f"{script}.mjs")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"{script}: {done.stderr[-8000:]}"
        return json.loads(done.stdout.splitlines()[-1])

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _port(self):
        file, end = self.folder / "profile" / "DevToolsActivePort", time.monotonic() + 120
        while not (file.is_file() and file.read_text().strip()):
            assert time.monotonic() < end, (
                f"Chromium did not start: {(self.folder / 'browser.log').read_text()[-2000:]}"
            )
            assert self.process.poll() is None, (self.folder / "browser.log").read_text()[-2000:]
            time.sleep(0.1)
        return file.read_text().split()[0]
