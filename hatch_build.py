"""Puts the studio's page into what is built, so that an installed wheel needs no Node. `python -m build` must have it;
`pip install .` brings no Node into anybody's environment: without one on the machine it goes on without the page, and
`vitascope studio` then says so.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StudioPage(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        builder = Path(self.root, "studio", "build.py")
        if version == "editable" or not builder.is_file():
            return  # a clone's page is built by `make studio`
        must = self.target_name == "sdist"  # which `python -m build` makes first, in an environment of its own
        command = [sys.executable, str(builder), *([] if must else ["--node-here"])]
        if subprocess.run(command, cwd=self.root).returncode == 0:
            return
        if must:
            raise SystemExit("error: The studio's page could not be built; what is above says why.")
        self.app.display_warning("Building without the studio's page.")
