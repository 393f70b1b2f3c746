"""MLT's own program as a judge of exports."""

import os
import shutil
import subprocess

import pytest

import judges

_PATIENCE = 60  # seconds; a film of a few seconds takes one
_TRIES = 5


def rendered(path, folder):
    """The film as melt renders it, lossless.

    Where processors are busy, about one melt in thirty (7.12) sleeps for ever, all its threads but one gone;
    it is ended and asked again. A film that melt can't read fails at once.
    """
    if not shutil.which("melt"):
        judges.install("melt")
    if not shutil.which("melt"):
        pytest.skip("needs melt (apt-get install melt)")
    target = folder / f"{path.suffix[1:]}.mkv"
    command = ["melt", path.name, "-consumer", f"avformat:{target}", "vcodec=ffv1", "pix_fmt=yuv444p", "threads=1",
               "acodec=pcm_s16le", "ar=48000", "channels=2", "real_time=-1"]  # fmt: skip
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
    for _ in range(_TRIES):
        try:
            done = subprocess.run(
                command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=_PATIENCE
            )
        except subprocess.TimeoutExpired:
            continue
        assert done.returncode == 0, done.stderr[-2000:]
        assert target.stat().st_size, done.stderr[-2000:]
        return target
    raise AssertionError(f"melt slept for ever, {_TRIES} times in a row")
