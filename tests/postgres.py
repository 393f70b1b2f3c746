"""A real PostgreSQL for the tests: Debian's binaries, a server of this test run in a temporary folder, reached over a
unix socket, and a fresh database for each test, copied from a migrated one.
"""

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

import judges
from vitascope.store.database import Store

_numbers = itertools.count(1)


@cache
def binaries():
    """The folder of initdb and pg_ctl of the newest PostgreSQL here; installed first where that is possible."""
    found = _installed()
    if not found:
        judges.install("postgresql")
        found = _installed()
    return found


def _installed():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


class Server:
    """Started when it is made. `crash` kills it without a word, `start` brings it back with its data."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has at most 107 letters
        self.data = self.folder / "data"
        self._as_user = []
        if os.getuid() == 0:  # the server refuses to run as root
            self._as_user = ["runuser", "-u", "postgres", "--"]
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        atexit.register(self.close)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N")
        self.start()

    def start(self):
        options = f"-c listen_addresses='' -k {self.folder} -c fsync=off -c full_page_writes=off -c max_connections=200"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", self.folder / "log", "-w", "-t", "120", "start")

    def crash(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def close(self):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @cache  # noqa: B019  one server, one template
    def template(self):
        """The name of a migrated, empty database."""
        self.sql("CREATE DATABASE template_store")
        store = Store(self.url("template_store"))
        store.migrate()
        store.close()
        return "template_store"

    def fresh(self, *, migrated=True, like=""):
        """The address of a new database that only this test uses; a copy of the one at the address `like`, to which
        nobody is connected.
        """
        name = f"test_{next(_numbers)}"
        template = _name(like) if like else self.template() if migrated else "template0"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url):
        self.sql(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def sql(self, statement):
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program, *arguments):
        # The server keeps an inherited pipe open for ever, so its words go to a file.
        command = [*self._as_user, str(binaries() / program), *map(str, arguments)]
        with (self.folder / "words").open("ab") as words:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd="/", start_new_session=True
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {(self.folder / 'words').read_text(errors='replace')[-2000:]}")


def _name(url):
    return url.split("?")[0].rsplit("/")[-1]


@cache
def shared():
    """The server of this test run, or a skip that says why there is none."""
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg: pip install 'vitascope[postgres]'")
    if not binaries():
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    return Server()
