"""What all tests share: a home of their own, so that no test reads or writes the one of the person who runs it."""

import pytest

from vitascope import config


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("VITASCOPE_HOME", str(home))
    for setting in config.TABLE[1:]:
        monkeypatch.delenv(setting.variable, raising=False)
    config.settings.cache_clear()
    yield home
    config.settings.cache_clear()
