"""What tests ask for and this package does not bring: PostgreSQL, Chromium, Node, an SDK, a right on this machine. A
test whose judge is missing is skipped on a developer's machine. With `--no-skips`, and wherever `CI` is set, it
fails: a check that never ran must not look like one that passed.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


class Elsewhere(pytest.skip.Exception):
    """The test is not for this place, and nothing that could be installed would change that."""


def elsewhere(reason):
    """Skip the test, also where nothing else may be skipped."""
    raise Elsewhere(reason)


def slow(*values):
    """Of a parametrised test the set of values that is left to `make test-all`."""
    return pytest.param(*values, marks=pytest.mark.slow)


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="a test that would be skipped fails (always so under CI)")


def strict(config):
    asked = os.environ.get("CI", "").lower() not in ("", "0", "false") or config.getoption("--no-skips")
    return asked and sys.platform == "linux"  # some judges are only there


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is None or not isinstance(call.excinfo.value, Elsewhere):
        _judge(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _judge(report, collector.config)
    return report


def _judge(report, config):
    if report.skipped and not hasattr(report, "wasxfail") and strict(config):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{reason}\nNothing may be skipped under CI or with --no-skips."


def install(*packages):
    """Debian's packages, where this user may install them; for tests that run side by side, one after the other."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "timeout": 900}
    with open(Path(tempfile.gettempdir()) / "vitascope-judges.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *command], check=False, **quiet)


@pytest.fixture(scope="session")
def programs():
    """The paths of flite and espeak-ng, which speak."""
    if not (shutil.which("flite") and shutil.which("espeak-ng")):
        install("flite", "espeak-ng")
    found = shutil.which("flite"), shutil.which("espeak-ng")
    if not all(found):
        pytest.skip("flite and espeak-ng are not installed")
    return found
