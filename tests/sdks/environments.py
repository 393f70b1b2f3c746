"""Makes the environments that the official SDKs are tried in: one for each file in `requirements/`, in `.venv/sdks`, so
that no SDK's own needs meet another's or ours. `python tests/sdks/environments.py [NAME ...]`; one that is there stays.
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parent.parent / ".venv" / "sdks"


def python(name):
    """The interpreter that has this SDK; None when it is not installed, or its requirements have changed since."""
    wanted, made = HERE / "requirements" / f"{name}.txt", PLACE / name / "made"
    if not wanted.exists() or not made.exists() or made.read_text() != wanted.read_text():
        return None
    return PLACE / name / "bin" / "python"


def install(name):
    wanted, place = HERE / "requirements" / f"{name}.txt", PLACE / name
    if not wanted.exists():
        sys.exit(f"error: No SDK is called {name}.\nhint: One of {', '.join(names())}.")
    if python(name):
        return
    print(f"installing {name}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)], check=True)
    (place / "made").write_text(wanted.read_text())


def names():
    return sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))


if __name__ == "__main__":
    for each in sys.argv[1:] or names():
        install(each)
