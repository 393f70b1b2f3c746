"""What the key page shows, as it stands there. Run by `speaker.py`."""

import contextlib
import io


def run(url, key, code):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "snippet", "exec"), {"__name__": "__main__"})
    return said.getvalue()
