"""The door of the command line: `vitascope`, or `python -m vitascope`. Its own file, so that Ctrl-C is met politely
even while the rest is still being loaded.
"""

from __future__ import annotations

import sys


def main() -> int:
    try:
        from vitascope.cli.app import main as run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
