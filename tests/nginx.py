"""A real nginx before a server of the tests, as it comes but for what a test says."""

import shutil
import socket
import subprocess

import pytest

import judges
from processes import LONG, free_port, until


@pytest.fixture
def nginx(tmp_path):
    """`start(port, *lines)`: nginx before that port; its own port. `front`: the port, where it must be known before;
    `location` and `onto`: which paths it takes, and what it makes of them.
    """
    if not shutil.which("nginx"):
        judges.install("nginx-light")
    program = shutil.which("nginx") or pytest.skip("there is no nginx, and it could not be installed")
    started = []

    def start(port, *lines, front=0, location="/", onto=""):
        front = front or free_port()
        folder = tmp_path / f"nginx-{front}"
        folder.mkdir()
        (folder / "nginx.conf").write_text(
            f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
            events {{ }}
            http {{
              access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
              fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
              server {{ listen 127.0.0.1:{front};
                location {location} {{ {" ".join(lines)} proxy_pass http://127.0.0.1:{port}{onto}; }} }}
            }}"""
        )
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        until(lambda: socket.create_connection(("127.0.0.1", front), timeout=1).close() is None, "nginx")
        return front

    yield start
    for process in started:
        process.terminate()
        process.wait(LONG)
