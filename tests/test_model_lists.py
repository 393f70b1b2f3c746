"""Models by their vendor's own list: OpenRouter's, as its documentation and others who kept an answer show it."""

import tomllib

import pytest

from serving import serving
from vendors import answering
from vitascope import config
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.engines import model_file, registry
from vitascope.engines.remote import key_files, model_lists
from vitascope.errors import NotAllowed, NotSupported, Unavailable
from vitascope.vendors.openrouter import model_list

NOW = 1_796_000_000.0  # 30 November 2026
KEY = "sk-or-v1-0123456789abcdef"
# openrouter.ai/docs, "Video Generation", read 1 December 2026; its prices are said to be an example.
DOCUMENTED = {
    "id": "google/veo-3.1", "canonical_slug": "google/veo-3.1", "name": "Google: Veo 3.1", "description": "...",
    "created": 1719792000, "supported_resolutions": ["720p", "1080p"], "supported_aspect_ratios": ["16:9", "9:16"],
    "supported_sizes": ["1280x720", "1920x1080"],
    "pricing_skus": {"per-video-second": "0.50", "per-video-second-1080p": "0.75"},
    "allowed_passthrough_parameters": ["output_config"],
}  # fmt: skip
# The rest second hand: answers that public repositories keep for their tests, read 1 December 2026.
VEO = DOCUMENTED | {
    "supported_durations": [4, 6, 8], "supported_frame_images": ["first_frame", "last_frame"], "generate_audio": True,
    "seed": True, "supported_sizes": None,
    "pricing_skus": {
        "duration_seconds_with_audio": "0.40", "duration_seconds_without_audio": "0.20",
        "duration_seconds_with_audio_4k": "0.60", "duration_seconds_without_audio_4k": "0.40",
    },
}  # fmt: skip
GEN = {
    "id": "runway/gen-4.5", "name": "Runway: Gen-4.5", "supported_durations": [2, 5, 10], "generate_audio": False,
    "supported_resolutions": ["720p"], "supported_aspect_ratios": ["16:9", "9:16"], "supported_sizes": None,
    "supported_frame_images": ["first_frame"], "pricing_skus": {"cents_per_second_output": "12"},
}  # fmt: skip
SEEDANCE = {
    "id": "bytedance/seedance-2.0", "name": "ByteDance: Seedance 2.0", "supported_durations": [4, 10],
    "supported_resolutions": ["480p", "720p"], "supported_aspect_ratios": ["16:9"], "generate_audio": True,
    "supported_sizes": ["864x496", "1280x720"], "supported_frame_images": None,
    "pricing_skus": {
        "video_tokens": "0.000007", "video_tokens_without_audio": "0.000006",
        "video_tokens_with_video_input": "0.0000043",
    },
}  # fmt: skip


def listed(*rows, **changed):
    return model_list.read({"data": [row | changed for row in rows]})


def dollars(path, seconds, size, sound=None):
    card = model_file.read(path).card
    cost = card.cost.of(card.resolve(ClipSpec(prompt="a ball", seconds=seconds, size=size, sound=sound, seed=1)))
    return None if cost is None else cost / 1e6


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path))
    config.settings.cache_clear()
    key_files.add(tmp_path / "keys", "openrouter", KEY)
    yield tmp_path
    config.settings.cache_clear()


@pytest.fixture
def models(home):
    return home / "models"


@pytest.fixture
def vendor():
    """(address, what it lists); it can be changed."""
    answers = {"/api/v1/videos/models": (200, {"data": [VEO, GEN, SEEDANCE]})}
    with answering(answers) as (url, came):
        yield f"{url}/api/v1", answers, came


def test_cards_are_read_from_the_list_with_price_source_and_date(home, models, vendor, capsys):
    address, _, came = vendor
    assert cli.main(["keys", "vendor", "models", "openrouter", "--address", address]) == 0
    assert capsys.readouterr().out.split() == [
        "openrouter/gen-4.5", "openrouter/seedance-2.0", "openrouter/veo-3.1",
    ]  # fmt: skip
    (asked,) = came
    assert (asked[0], asked[1], asked[2]["authorization"]) == ("GET", "/api/v1/videos/models", f"Bearer {KEY}")
    files = registry.Registry((registry.SHIPPED, models), keys=home / "keys")
    assert files.faults() == {}
    veo = files.remote()["openrouter/veo-3.1"]  # it takes the place of the one that ships
    assert (veo.card.title, veo.source["model"], veo.source["address"]) == (
        "Veo 3.1 at OpenRouter", "google/veo-3.1", address,
    )  # fmt: skip
    assert veo.card.modes == ("text", "image", "last_image")
    assert [float(one) for one in veo.card.format.lengths] == [4, 6, 8]
    model_lists.renew(models, "openrouter", NOW, address=address)
    veo = model_file.read(veo.path)
    assert (veo.card.cost.source, veo.card.cost.date) == ("openrouter.ai/api/v1/videos/models", "2026-11-30")
    assert "not tried" in veo.card.limits
    assert dollars(veo.path, 4, (1280, 720), True) == pytest.approx(1.6)
    assert dollars(veo.path, 4, (1920, 1080), False) == pytest.approx(0.8)
    assert dollars(models / "openrouter-gen-4.5.toml", 5, (720, 1280)) == pytest.approx(0.6)
    seedance = models / "openrouter-seedance-2.0.toml"
    assert dollars(seedance, 10, (1280, 720), True) == pytest.approx(1.512)  # 1280 * 720 * 24 / 1024 tokens a second
    assert dollars(seedance, 10, (864, 496), False) == pytest.approx(0.602640)
    assert [tier.name for tier in model_file.read(seedance).card.format.tiers] == ["480p", "720p"]


def test_a_bad_list_changes_nothing(models, vendor):
    address, answers, _ = vendor
    model_lists.renew(models, "openrouter", NOW, address=address)
    before = {path: path.read_bytes() for path in models.iterdir()}
    path = "/api/v1/videos/models"
    for bad in (
        (200, b"<html>soon back</html>"), (200, {"data": []}), (200, {"data": "no"}), (200, {"data": [{"name": "x"}]}),
        (200, [VEO]), (200, {"data": [VEO | {"supported_durations": None}]}), (500, {}), (404, {}), (302, {}),
        (200, {"data": [VEO, GEN | {"supported_sizes": ["99999x720"]}]}),
    ):  # fmt: skip
        answers[path] = bad
        with pytest.raises(Unavailable) as refused:
            model_lists.renew(models, "openrouter", NOW + 86_400, address=address)
        assert KEY not in str(refused.value)
        assert {path: path.read_bytes() for path in models.iterdir()} == before, bad
    answers[path] = (401, {"error": {"code": 401, "message": f"no such key: {KEY}"}})
    with pytest.raises(NotAllowed) as refused:
        model_lists.renew(models, "openrouter", NOW, address=address)
    assert KEY not in str(refused.value)
    with pytest.raises(NotSupported, match="no list of models"):
        model_lists.renew(models, "kling", NOW)
    assert {path: path.read_bytes() for path in models.iterdir()} == before


def test_what_is_no_longer_listed_goes_and_the_operators_own_files_stay(models, vendor):
    address, answers, _ = vendor
    models.mkdir()
    own = models / "mine.toml"
    own.write_text(model_list.read({"data": [GEN]}).models[0].toml("2026-01-01").replace("Gen-4.5", "Mine"))
    other = models / "openrouter-broken.toml"
    other.write_text("this is not mine = \n")
    found = model_lists.renew(models, "openrouter", NOW, address=address)
    assert (found.models, found.own) == (("openrouter/seedance-2.0", "openrouter/veo-3.1"), ("openrouter/gen-4.5",))
    kept = own.read_bytes(), other.read_bytes()
    answers["/api/v1/videos/models"] = (200, {"data": [GEN, VEO, VEO | {"id": "x/Y!"}, GEN | {"id": "a/b"}]})
    found = model_lists.renew(models, "openrouter", NOW, address=address)
    assert found.left_out == {"x/Y!": "its name has letters that no name here has"}
    names = sorted(path.name for path in models.iterdir())
    assert names == ["mine.toml", "openrouter-b.toml", "openrouter-broken.toml", "openrouter-veo-3.1.toml"]
    assert (own.read_bytes(), other.read_bytes()) == kept


def test_our_own_list_in_their_form_can_be_read(models, home, tmp_path):
    """That of our dialect, which OpenRouter's SDK reads from the other side; it tells no prices."""
    (tmp_path / "far").mkdir()
    with serving(tmp_path / "far") as far:
        key_files.add(home / "keys", "openrouter", far.key(), replace=True)
        found = model_lists.renew(models, "openrouter", NOW, address=f"{far.url}/openrouter/api/v1")
    assert found.models == ("openrouter/vitascope-nano",)
    card = model_file.read(models / "openrouter-vitascope-nano.toml").card
    assert (card.cost, (256, 256) in card.format.sizes) == (None, True)
    assert "price is not told" in card.limits


def test_prices_that_are_not_certain_are_left_out():
    def rates(skus, row=GEN):
        return listed(row, pricing_skus=skus).models[0].rates

    assert rates({"cents_per_second_output": "28"}) == ({"up_to": "1280x720", "second": 0.28},)
    assert rates({"cents_per_second_output": "28", "cents_per_image_input": "2"})[0]["clip"] == 0.02
    for unknown in (
        None, {}, {"generate": "0.5"}, {"cents_per_second_output": "28", "minimum_cents_per_generation": "56"},
        {"duration_seconds": "free"}, {"duration_seconds": "-1"}, {"duration_seconds": "0"},
        {"duration_seconds_1080p": "1"}, {"duration_seconds": "NaN"}, {"duration_seconds": "1/0"},
    ):  # fmt: skip
        assert rates(unknown) == (), unknown
    assert rates({"duration_seconds_with_audio": "1"}, VEO) == ()  # it does not say what is mute
    assert len(rates({"duration_seconds": "1", "text_to_video_duration_seconds": "2"}, VEO)) == 4
    assert {row["second"] for row in rates({"duration_seconds": "1", "text_to_video_duration_seconds": "2"})} == {2.0}
    cheaper = {"duration_seconds_720p": "0.2", "duration_seconds_1080p": "0.1"}
    assert rates(cheaper, DOCUMENTED | GEN | {"supported_resolutions": ["720p", "1080p"]}) == ()
    wide = GEN | {"supported_resolutions": ["720p", "1080p"], "supported_aspect_ratios": ["16:9", "1:1", "21:9"]}
    grok = {"cents_per_video_output_second_720p": "5", "cents_per_video_output_second_1080p": "9"}
    assert rates(grok, wide) == (  # 1680x720 is larger than 1080x1080, so it is taken for as dear
        {"up_to": "1280x720", "second": 0.05}, {"up_to": "2520x1080", "second": 0.09},
    )  # fmt: skip


def test_two_models_of_one_name_keep_their_makers():
    found = listed(GEN, GEN | {"id": "other/gen-4.5"})
    assert [one.name for one in found.models] == ["runway-gen-4.5", "other-gen-4.5"]


def test_a_models_words_cannot_become_lines_of_the_file():
    (one,) = listed(GEN, name='Runway: "\n[source]\nkey = "env:HOME"\u007f\\').models
    told = tomllib.loads(one.toml("2026-11-30"))
    assert "key" not in told["source"]
    assert told["title"].endswith(" at OpenRouter")
    assert "price" not in told["limits"]


def test_what_the_documentation_shows_has_no_lengths_and_is_left_out():
    with pytest.raises(ValueError, match="no model"):
        listed(DOCUMENTED)
    (one,) = listed(DOCUMENTED, supported_durations=[5]).models
    assert [row["second"] for row in one.rates] == [0.5, 0.75]
