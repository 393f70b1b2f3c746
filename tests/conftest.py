"""What all tests share: a home of their own, so that no test reads or writes the one of the person who runs it, and one
tiny model, made when the first test asks for it (`tiny`; torch is imported only then).
"""

import os
import tempfile
from pathlib import Path

#: Of a worker of pytest-xdist, of which there is one for each core: more threads would only wait for each other.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VITASCOPE_THREADS"), "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.update(ONE_THREAD)  # before numpy and torch are imported

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

import judges  # noqa: E402
from judges import (  # noqa: E402, F401  hooks, and a fixture for all
    programs,
    pytest_make_collect_report,
    pytest_runtest_makereport,
)
from nginx import nginx  # noqa: E402, F401  fixtures for all
from s3 import s3_server, s3_url  # noqa: E402, F401  fixtures for all
from service import postgres_only, sqlite_only, store  # noqa: E402, F401  fixtures for all
from vitascope import config  # noqa: E402

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how fast a busy machine draws its examples says nothing of ours


def pytest_addoption(parser):
    judges.pytest_addoption(parser)
    parser.addoption("--regolden", action="store_true", help="draw the golden pictures anew instead of comparing")
    parser.addoption("--fuzz", type=int, default=0, help="how many requests the fuzzing of the API makes in all")
    parser.addoption("--chaos", type=int, default=0, help="how much is done to the service in the chaos run")
    parser.addoption("--chaos-seed", type=int, default=1, help="what is done, and when")
    parser.addoption("--comfyui", default="", help="address of a real ComfyUI, in the place of the stand-in")
    parser.addoption("--studio", default="", help="folder of another build of the studio, for the browser's tests")


@pytest.fixture(scope="session")
def homes(tmp_path_factory):
    """Where each test's home lies; among the folders of `tmp_path`, thousands would be counted for each new one."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def own_home(homes, monkeypatch):
    home = Path(tempfile.mkdtemp(dir=homes))
    monkeypatch.setenv("VITASCOPE_HOME", str(home))
    for setting in config.TABLE[1:]:
        if setting.variable not in ONE_THREAD or "PYTEST_XDIST_WORKER" not in os.environ:
            monkeypatch.delenv(setting.variable, raising=False)
    config.settings.cache_clear()
    yield home
    config.settings.cache_clear()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder for the tiny open models of a module, and for files that belong to them."""
    return tmp_path_factory.mktemp("open")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server with a worker, for all tests of this process that need none of their own. Each takes its own keys."""
    from serving import serving

    with serving(tmp_path_factory.mktemp("house"), work=True) as running:
        yield running


@pytest.fixture(scope="session")
def calling_server(tmp_path_factory):
    """Another, whose callbacks may go to this machine."""
    from serving import serving

    with serving(tmp_path_factory.mktemp("house"), work=True, fetch_allowed="127.0.0.1") as running:
        yield running


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """A folder of training data."""
    import tiny

    folder = tmp_path_factory.mktemp("data")
    tiny.write_data(folder)
    return folder


@pytest.fixture(scope="session")
def codec_folder(tmp_path_factory, shards):
    """A checkpoint folder of the fitted codec."""
    import tiny

    folder = tmp_path_factory.mktemp("fitted")
    tiny.fit_codec(shards, folder)
    return folder


@pytest.fixture(scope="session")
def tiny_codec(codec_folder):
    import tiny

    return tiny.load_codec(codec_folder)


@pytest.fixture(scope="session")
def tiny_renderer():
    import tiny

    return tiny.renderer()


@pytest.fixture(scope="session")
def tiny_layout():
    import tiny

    return tiny.layout()


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory, codec_folder, tiny_layout, tiny_renderer):
    """A weights folder as `export` writes it. Copy it before changing anything in it."""
    import tiny

    folder = tmp_path_factory.mktemp("exported") / "weights"
    tiny.export_all(codec_folder, tiny_layout, tiny_renderer, folder)
    return folder
