"""A real S3 server on loopback (moto, in a process of its own), for every test that keeps blobs."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from uuid import uuid4

import pytest

from processes import LONG, free_port

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="session")
def s3_server():
    """The address of the server."""
    pytest.importorskip("moto", reason="moto[s3] is not installed")
    pytest.importorskip("flask_cors", reason="moto's server needs flask and flask-cors")
    pytest.importorskip("obstore", reason="the extra s3 is not installed")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, **KEYS}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


@pytest.fixture
def s3_url(s3_server, monkeypatch):
    """A storage_url of an empty bucket."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    bucket = f"b{uuid4().hex[:20]}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_server}/{bucket}", method="PUT")).close()
    return f"s3://{bucket}/kept?endpoint={s3_server}&region=us-east-1"


def wait_for(port, server, seconds=LONG):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert server.poll() is None, "the server ended at once"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"the server did not start within {seconds} seconds")
