"""pip, with one short line for each package instead of none or hundreds: `python dev/install.py WHAT ARGUMENTS...`.
Knows only the Python it runs on, because nothing is installed yet.
"""

import re
import subprocess
import sys
import time

PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]


def main(what, *arguments):
    """pip's exit code."""
    started, packages = time.monotonic(), 0
    print(f"installing {what}", flush=True)
    with subprocess.Popen([*PIP, *arguments], stdout=subprocess.PIPE, text=True) as pip:
        for line in pip.stdout:
            found = re.match(r"(Collecting|Obtaining|Installing collected packages:?) ?([\w.-]*)", line)
            if found and found[1] == "Collecting":
                packages += 1
                print(f"  {packages:3} {found[2]}", flush=True)
            elif found and found[1].startswith("Installing"):
                print("  unpacking", flush=True)
    if not pip.returncode:
        print(f"  done in {time.monotonic() - started:.0f} s", flush=True)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
