"""Where a setting's value comes from, and that nonsense is named with its place."""

import subprocess
import sys
from pathlib import Path

import pytest

import doubles
from vitascope import config
from vitascope.errors import BadSettings


def test_without_anything_the_defaults_hold(tmp_path):
    settings = config.read({"VITASCOPE_HOME": str(tmp_path)})
    assert settings.model == "vitascope-nano"
    assert settings.weights is None
    assert settings.threads == config.cores()
    assert settings.origins["threads"] == "default"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path):
    (tmp_path / "config.toml").write_text('threads = 3\nmodel = "other"\n')
    settings = config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_THREADS": "2"})
    assert (settings.threads, settings.model) == (2, "other")
    assert settings.origins["threads"] == "environment VITASCOPE_THREADS"
    assert settings.origins["model"] == f"file {tmp_path / 'config.toml'}"


def test_the_file_may_lie_elsewhere(tmp_path):
    (tmp_path / "mine.toml").write_text(f'home = "{tmp_path / "here"}"\n')
    settings = config.read({"VITASCOPE_CONFIG": str(tmp_path / "mine.toml")})
    assert settings.home == tmp_path / "here"


def test_a_tilde_is_the_users_home(monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere/mia")
    assert config.read({}).home == Path("/nowhere/mia/.vitascope")


@pytest.mark.parametrize("threads", ["-1", "two", "1.5"])
def test_a_number_that_is_none_is_refused_with_its_origin(tmp_path, threads):
    with pytest.raises(BadSettings, match=f'"{threads}".*environment VITASCOPE_THREADS'):
        config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_THREADS": threads})


@pytest.mark.parametrize("text", ["threads = ", "\xff", "colour = 3", "model = 5", "threads = true"])
def test_a_damaged_file_is_refused_by_name(tmp_path, text):
    (tmp_path / "config.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSettings) as caught:
        config.read({"VITASCOPE_HOME": str(tmp_path)})
    assert "config.toml" in caught.value.message
    assert caught.value.hint


def test_a_named_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="no settings file"):
        config.read({"VITASCOPE_CONFIG": str(tmp_path / "none.toml")})


def test_passwords_in_addresses_are_not_shown(tmp_path):
    url = "postgresql://mia:hunter2@db/vitascope?sslpassword=hunter3"
    settings = config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_DATABASE_URL": url})
    shown = [settings.shown(setting) for setting in config.TABLE]
    assert settings.database == url
    assert "postgresql://mia:***@db/vitascope?..." in shown
    assert not any("hunter" in text for text in shown)


def test_database_and_storage_are_in_the_home_folder_unless_they_are_named(tmp_path):
    settings = config.read({"VITASCOPE_HOME": str(tmp_path)})
    assert (settings.database, settings.storage) == (f"sqlite:///{tmp_path}/vitascope.db", f"{tmp_path}/blobs")
    assert settings.base_url == "http://127.0.0.1:8410"


def test_a_choice_that_is_none_is_refused(tmp_path):
    with pytest.raises(BadSettings, match="xml") as caught:
        config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_LOG_FORMAT": "xml"})
    assert "text, json" in caught.value.hint
    (tmp_path / "config.toml").write_text('log_format = "yaml"\n')
    with pytest.raises(BadSettings, match=r'"yaml" \(file .*config\.toml\)'):
        config.read({"VITASCOPE_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "meant"), [("true", True), ("1", True), ("yes", True), ("false", False), ("0", False)]
)
def test_a_switch_is_said_in_words_or_as_a_number(tmp_path, text, meant):
    settings = config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_SIGNUP": text})
    assert settings.signup is meant
    assert settings.origins["signup"] == "environment VITASCOPE_SIGNUP"
    assert f"signup={meant}".lower() in [f"{s.name}={settings.shown(s)}" for s in config.TABLE]
    (tmp_path / "config.toml").write_text(f"credits = {text if text != 'yes' else 1}\n")
    written = config.read({"VITASCOPE_HOME": str(tmp_path)})
    assert (written.credits, written.origins["credits"]) == (meant, f"file {tmp_path / 'config.toml'}")


@pytest.mark.parametrize("text", ["2", "maybe"])
def test_a_switch_that_is_none_is_refused_with_what_it_must_be(tmp_path, text):
    with pytest.raises(BadSettings, match=f'signup is "{text}".*environment VITASCOPE_SIGNUP') as caught:
        config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_SIGNUP": text})
    assert "true or false" in caught.value.hint


def test_an_empty_variable_leaves_the_default_and_what_is_no_setting_is_left_alone(tmp_path):
    settings = config.read({"VITASCOPE_HOME": str(tmp_path), "VITASCOPE_PORT": "", "VITASCOPE_DEBUG": "1"})
    assert (settings.port, settings.origins["port"]) == (8410, "default")


def test_where_nothing_is_set_nothing_is_loaded_to_check_it(tmp_path):
    code = "import sys; from vitascope import config; config.settings(); print('pydantic' in sys.modules)"
    bare = {name: value for name, value in doubles.environment().items() if not name.startswith("VITASCOPE_")}
    bare["VITASCOPE_HOME"] = str(tmp_path)
    for environment, loaded in ((bare, "False"), (bare | {"VITASCOPE_PORT": "8411"}, "True")):
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loaded


def test_the_defaults_are_what_the_check_makes_of_them(tmp_path):
    bare, checked = (config.read({"VITASCOPE_HOME": str(tmp_path)} | more) for more in ({}, {"VITASCOPE_PORT": "8410"}))
    for setting in config.TABLE:
        one, other = getattr(bare, setting.name), getattr(checked, setting.name)
        assert (type(one), one) == (type(other), other), setting.name
