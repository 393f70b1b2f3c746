"""Makes the environments that the official SDKs are tried in: one for each file in `requirements/` and each folder in
`node/`, in `.venv/sdks`, so that no SDK's own needs meet another's or ours. `python tests/sdks/environments.py [NAME
...]`; one that is there stays. Node's are called `node-NAME`.
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PLACE = ROOT / ".venv" / "sdks"
NODE = "node-"


def folder(name):
    """Where this SDK is; scripts for Node lie there too."""
    return PLACE / name


def python(name):
    """The interpreter that has this SDK."""
    return folder(name) / "bin" / "python"


def is_made(name):
    """Whether it is installed, and its requirements have not changed since."""
    file, made = wanted(name), folder(name) / "made"
    return file.exists() and made.exists() and made.read_text() == file.read_text()


def wanted(name):
    """The file that says what is installed."""
    if name.startswith(NODE):
        return HERE / "node" / name.removeprefix(NODE) / "package-lock.json"
    return HERE / "requirements" / f"{name}.txt"


def install(name):
    file, place = wanted(name), folder(name)
    if not file.exists():
        sys.exit(f"error: No SDK is called {name}.\nhint: One of {', '.join(names())}.")
    if is_made(name):
        return
    print(f"installing {name}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    if name.startswith(NODE):
        shutil.copytree(file.parent, place)
        # No script of a package runs: none of these needs one.
        subprocess.run([*npm(), "ci", "--ignore-scripts", "--silent", "--no-fund", "--no-audit"], cwd=place, check=True)
    else:
        venv.create(place, with_pip=False, symlinks=True)
        pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python")]
        subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", "-r", str(file)], check=True)
    (place / "made").write_text(file.read_text())


def npm():
    """The npm that builds the studio; pip brings it where there is none."""
    sys.path.insert(0, str(ROOT / "studio"))
    try:
        import build
    finally:
        sys.path.pop(0)
    return build.find_npm()


def names():
    return [*python_names(), *sorted(f"{NODE}{path.parent.name}" for path in HERE.glob("node/*/package-lock.json"))]


def python_names():
    return sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))


if __name__ == "__main__":
    for each in sys.argv[1:] or names():
        install(each)
