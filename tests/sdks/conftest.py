"""The official SDKs of the vendors, unchanged, against a real server with the built-in model on loopback. Each runs in
an environment of its own that `make sdks` installs; without it its tests are skipped.

A test module names its environment in `SDK`, or each test by a parameter `sdk`. `speak("make", prompt="a kite")` runs
the function `make` of `clients/<SDK>.py` there, with the arguments `url` and `key` besides. An SDK called `node-NAME`
is one for Node, its client `clients/NAME.mjs`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import environments
import pytest

import browser
import judges
from serving import serving
from vitascope.engines import registry

HERE = Path(__file__).parent
PATIENCE = 600  # seconds for one function of a client; machines are shared


def sdk_of(item):
    chosen = getattr(item, "callspec", None)
    return (chosen.params if chosen else {}).get("sdk") or getattr(item.module, "SDK", None)


def pytest_runtest_setup(item):
    if (sdk := sdk_of(item)) and not environments.is_made(sdk):
        judges.elsewhere(f"{sdk} is not installed; `make sdks` installs it")


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """The server: `url`, `key()` of a new account, `client(key)` for plain HTTP."""
    model = registry.load()
    with serving(tmp_path_factory.mktemp("house"), work=True, engine=model, cards=(model.card,)) as server:
        yield server


@pytest.fixture
def key(house):
    """A key of an account that nobody else has."""
    return house.key()


class Speaker:
    def __init__(self, sdk, client, url, key, home):
        self.command = [environments.python(sdk), "-P", HERE / "speaker.py"]
        self.script = HERE / "clients" / f"{client}.py"
        self.url, self.key, self.home = url, key, home

    def __call__(self, function, **arguments):
        """What the client's function gave back."""
        answer = self._answer(function, arguments)
        assert "raised" not in answer, answer["raised"]["trace"]
        return answer["returned"]

    def fails(self, function, **arguments):
        """The exception it raised, as data: `kind`, `words`, and what else the SDK says of it."""
        answer = self._answer(function, arguments)
        assert "raised" in answer, f"it did not fail but gave back {answer.get('returned')}"
        return answer["raised"]

    def _answer(self, function, arguments):
        asked = {"function": function, "arguments": {"url": self.url, "key": self.key, **arguments}}
        run = subprocess.run(
            [*self.command, self.script],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONUTF8": "1"},
            cwd=self.home,
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return json.loads(run.stdout)


class NodeSpeaker(Speaker):
    """The same for Node. An import looks for packages beside the script, so that goes to where they are."""

    def __init__(self, sdk, client, url, key, home):
        self.command = [browser.node(), HERE / "node" / "speaker.mjs"]
        self.script = shutil.copy(HERE / "clients" / f"{client}.mjs", environments.folder(sdk))
        self.url, self.key, self.home = url, key, home


@pytest.fixture
def speak(request, house, key, tmp_path):
    """`speak(function, **arguments)`, and `speak.fails(...)`. `CLIENT` names another script than the SDK's own."""
    sdk = sdk_of(request.node)
    if sdk.startswith(environments.NODE):
        return NodeSpeaker(sdk, sdk.removeprefix(environments.NODE), house.url, key, tmp_path)
    return Speaker(sdk, getattr(request.module, "CLIENT", sdk), house.url, key, tmp_path)
