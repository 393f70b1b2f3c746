"""What the machine refuses is told as that: which folder and which setting, or that memory ran out; never as a fault of
ours, and never with a path to strangers.
"""

import errno
import os
import resource
import subprocess
import sys

import pytest
from av.error import ExternalError

from vitascope import errors
from vitascope.media.encode import encode
from vitascope.server.errors import inside


def vitascope(*arguments, limit_bytes=0, **environment):
    def limited():
        if limit_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-m", "vitascope", *arguments],
        env={**os.environ, **environment},
        preexec_fn=limited,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("keys", "create", "--name", "a")])
def test_a_home_that_cannot_be_written_is_named_with_its_setting(command):
    done = vitascope(*command, VITASCOPE_HOME="/proc/nobody")
    assert done.returncode == 1
    assert "/proc/nobody" in done.stderr
    assert "VITASCOPE_HOME" in done.stderr
    assert "fault inside" not in done.stderr
    assert "Traceback" not in done.stderr


def test_little_memory_is_told_as_that(tmp_path):
    asked = ("generate", "a red ball", "-o", str(tmp_path / "a.mp4"))
    # one thread: those of onnxruntime's pool end the whole process when they get no memory
    done = vitascope(*asked, limit_bytes=400_000 << 10, VITASCOPE_THREADS="1")
    assert done.returncode == 1
    assert "not enough memory" in done.stderr
    assert "Install" not in done.stderr
    assert "EP Error" not in done.stdout + done.stderr


def test_an_encoder_that_fails_has_run_out_of_memory():
    class Stream:
        def encode(self, frame):
            raise ExternalError(-542398533, "Generic error in an external library", "avcodec_send_frame()")

    with pytest.raises(errors.NoMemory):
        encode(Stream(), None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/a"), ("disk is full", "/data/a")),
        (OSError(errno.EROFS, "Read-only file system", "/data/a"), ("only be read", "/data/a")),
        (PermissionError(errno.EACCES, "Permission denied", "/data/a"), ("may not be read", "/data/a")),
        (OSError(errno.EMFILE, "Too many open files"), ("Too many files",)),
        (MemoryError(), ("memory",)),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), ("memory",)),
        (ImportError("libopenblas.so: failed to map segment from shared object"), ("memory",)),
        (RuntimeError("can't start new thread"), ("memory",)),
    ],
)
def test_each_refusal_has_its_words(error, words):
    told = errors.of_machine(error)
    assert all(word in told.message for word in words)
    assert told.hint
    assert errors.of_machine(ValueError("x")) is None
    assert "/data" not in inside(error).message + inside(error).hint
