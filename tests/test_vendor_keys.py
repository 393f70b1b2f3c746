"""Keys of vendors as the command line keeps them, the models that come with them, and what those cost."""

import io
import re
import stat
from fractions import Fraction

import pytest

import service
from serving import serving
from vendors import answering
from vitascope import config, plans, pricing
from vitascope.cli import app as cli
from vitascope.clip import ClipSpec
from vitascope.engines import model_file, registry
from vitascope.engines.remote import vendors
from vitascope.errors import BadSettings, NotAllowed

CARDS = sorted(registry.VENDORS.rglob("*.toml"))
KEY = "ak-0123456789abcdef:sk-fedcba98765432100123456789abcdef"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("VITASCOPE_HOME", str(tmp_path / "home"))
    config.settings.cache_clear()
    yield tmp_path / "home"
    config.settings.cache_clear()


@pytest.fixture
def run(home, monkeypatch, capsys):
    def run(*words, given=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = cli.main(["keys", "vendor", *map(str, words)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert not given.strip() or given.strip() not in out + err
        return code, out + err

    return run


def test_a_key_is_kept_for_its_owner_alone_and_brings_its_models(run, home):
    models = registry.Registry((registry.SHIPPED, home / "models"), keys=home / "keys")
    assert "kling/kling-v3" not in models.remote()
    code, said = run("add", "kling", given=f"{KEY}\n")
    assert code == 0
    assert "kling/kling-v3" in said
    assert stat.S_IMODE((home / "keys" / "kling").stat().st_mode) == 0o600
    assert config.secret("kling", "The key") == KEY
    models._looked_at = float("-inf")
    assert {"kling/kling-v3", "kling/kling-v2-6"} <= set(models.remote())
    assert not any(name.startswith("ark/") for name in models.remote())
    assert models.faults() == {}
    assert run("add", "kling", given="another-key-of-some-length")[0] == 1
    assert config.secret("kling", "The key") == KEY
    assert run("add", "kling", "--replace", given="another-key-of-some-length")[0] == 0
    code, said = run("list")
    assert "...ngth  Kling" in said
    assert "another-key" not in said
    assert run("add", "upstairs", given="a-key-of-some-length")[0] == 0
    assert "...ngth  another server\n" in run("list")[1]  # how many models use it the list does not say
    assert run("remove", "kling")[0] == 0
    models._looked_at = float("-inf")
    assert models.remote() == {}
    assert run("remove", "kling")[0] == 1


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("kling", "", "not a key"),
        ("kling", "two words", "not a key"),
        ("kling", "schlüssel-schlüssel", "not a key"),
        ("../config", "0123456789ab", "cannot be called"),
        ("tencent", "0123456789ab", "half a key"),
    ],
)
def test_what_is_no_key_is_refused(run, home, name, given, why):
    code, said = run("add", name, given=given)
    assert code == 2
    assert why in said
    assert not (home / "keys").exists()


def test_a_key_is_tried_without_buying_anything(run, tmp_path):
    (tmp_path / "far").mkdir()
    with serving(tmp_path / "far") as far:
        address = f"{far.url}/ark/api/v3"
        run("add", "ark", given=far.key())
        code, said = run("test", "ark", "--address", address)
        assert (code, said) == (0, f"{address} takes the key of ark.\n")
        run("add", "ark", "--replace", given="vs_0123456789012345678901234567890123")
        code, said = run("test", "ark", "--address", address)
        assert code == 1
        assert "does not take the key" in said
        assert service.broken(far.store) == []
    code, said = run("test", "ark", "--address", address)
    assert code == 1
    assert "cannot be reached" in said
    assert run("test", "runway")[0] == 2  # there is no key
    assert run("test", "nobody")[0] == 2


@pytest.mark.parametrize(
    ("vendor", "at", "unit"),
    [
        ("kling", "/kling", "units"),
        ("runway", "/runway", "credits"),
        ("dream-machine", "/luma/dream-machine/v1", "USD"),
        ("vidu", "/vidu/ent/v2", "credits"),
        ("pixverse", "/pixverse/openapi/v2", "credits"),
        ("fal", "/fal", ""),
    ],
)
def test_what_is_left_is_told_where_the_vendor_says_it(run, tmp_path, vendor, at, unit):
    """By our own dialects, which the vendors' SDKs test from the other side; most vendors do not say it."""
    (tmp_path / "far").mkdir()
    with serving(tmp_path / "far") as far:
        run("add", vendor, given=far.key(pair=True).text if vendor == "kling" else far.key())
        code, said = run("test", vendor, "--address", far.url + at)
    assert code == 0
    left = re.search(r"Its account has ([\d.,e+]+) (\w+) left\.", said)
    assert (left[2] if left else "") == unit
    if left:
        assert float(left[1].replace(",", "")) > 0


def test_openrouter_tells_what_its_key_may_still_spend(run):
    """As openrouter.ai/docs/api/api-reference/api-keys/get-current-key shows it, read 1 December 2026."""
    told = {"label": "sk-or-v1-au7...890", "limit": 100, "limit_remaining": 74.5, "usage": 25.5}
    answers = {"/api/v1/key": (200, {"data": told})}
    with answering(answers) as (url, _):
        run("add", "openrouter", given="sk-or-v1-0123456789abcdef")
        assert "Its account has 74.5 USD left." in run("test", "openrouter", "--address", f"{url}/api/v1")[1]
        for bad in ((200, {"data": {**told, "limit_remaining": None}}), (200, b"?"), (500, {}), (200, {"data": []})):
            answers["/api/v1/key"] = bad
            code, said = run("test", "openrouter", "--address", f"{url}/api/v1")
            assert (code, "left" in said) == (0, False)  # the key is taken all the same


def test_a_key_that_orders_under_way_need_is_not_removed(run, home, monkeypatch):
    from vitascope.store import purchases

    run("add", "kling", given=KEY)
    monkeypatch.setattr(purchases, "under_way", lambda tx, vendor: 2)
    code, said = run("remove", "kling")
    assert code == 1
    assert "2 orders at kling" in said
    assert run("remove", "kling", "--force")[0] == 0


@pytest.mark.parametrize("path", CARDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_card_is_honest(path, monkeypatch):
    monkeypatch.setattr(config, "secret", lambda name, what: KEY)
    file = model_file.read(path)
    card = file.card
    assert card.name == f"{path.parent.name}/{path.stem}"
    assert "not tried against the vendor here" in card.limits
    assert "29 November 2026" in card.limits
    assert (card.cost is None) == ("No price was found" in card.limits)
    assert card.licence.id == "its server's terms"
    assert card.price is None  # a vendor's list is no price of this house
    client = vendors.engine(card.name, file.source).client
    assert client.says_sound == (card.sound == "optional")
    if card.cost:
        assert re.fullmatch(r"2026-\d\d-\d\d", card.cost.date)
        assert card.cost.source
    for tier in card.format.tiers:
        for size in tier.sizes:
            seconds = float(card.format.lengths[0] if card.format.lengths else card.format.min_seconds)
            for sound in {"never": (None,), "always": (None,), "optional": (True, False)}[card.sound]:
                spec = ClipSpec(prompt="a red ball", seconds=seconds, size=size, seed=1, sound=sound)
                given = ("image",) if "text" not in card.modes else ()
                shape = card.resolve(spec, given=given)
                assert float(shape.seconds) == seconds
                if card.cost and not given:
                    assert card.cost.of(shape), f"{size} has no price"


def test_every_vendor_has_models_or_says_why():
    told = {path.parent.name for path in CARDS}
    assert set(vendors.VENDORS) == told
    assert all(card.parent.name in vendors.VENDORS for card in CARDS)


def card(name, monkeypatch):
    monkeypatch.setattr(config, "secret", lambda name, what: KEY)
    return model_file.read(registry.VENDORS / f"{name}.toml")


def test_the_users_price_follows_the_vendors_list_when_the_operator_says_so(monkeypatch):
    file = card("kling/kling-v3", monkeypatch)
    packaged = plans.packaged()
    spec = ClipSpec(prompt="a red ball", seconds=5.0, size=(1280, 720), sound=True, seed=1)
    shape = file.card.resolve(spec)
    assert file.card.cost.of(shape) == 630_000
    ask = {"plan": packaged["pro"], "n": 2}
    with pytest.raises(NotAllowed, match="no price"):
        pricing.quote(shape, file.card, prices=packaged.prices, **ask)
    from dataclasses import replace

    prices = replace(packaged.prices, units_per_dollar=10_000)
    quote = pricing.quote(shape, file.card, prices=prices, **ask)
    assert (quote.units, quote.per_clip, sum(line.units for line in quote.lines)) == (12_600, 6300, 12_600)
    assert pricing.quote(shape, file.card, prices=prices, lane="relaxed", plan=packaged["unlimited"]).units == 6300
    mute = file.card.resolve(replace(spec, sound=False))
    assert pricing.quote(mute, file.card, prices=prices, plan=packaged["pro"]).units == 4200


def test_a_list_may_tell_each_length_for_itself(monkeypatch):
    luma = card("luma/ray-3.2", monkeypatch).card
    five, ten = (
        luma.cost.of(luma.resolve(ClipSpec(prompt="a ball", seconds=seconds, tier="720p", seed=1)))
        for seconds in (5.0, 10.0)
    )
    assert (five, ten) == (300_000, 900_000)


def test_the_operators_own_cost_wins_over_the_list(monkeypatch, tmp_path):
    card("kling/kling-v3", monkeypatch)
    text = (registry.VENDORS / "kling" / "kling-v3.toml").read_text("utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace("sound_switch = true", "sound_switch = true\ncost_per_second = 0.01"), "utf-8")
    own = model_file.read(path).card
    shape = own.resolve(ClipSpec(prompt="a ball", seconds=5.0, size=(1280, 720), seed=1))
    assert (own.cost.of(shape), own.cost.source) == (50_000, "")


@pytest.mark.parametrize("rate", ['up_to = "64x64"', 'up_to = "64x64"\nsecond = 1\nsound = "on"', "second = 1"])
def test_a_rate_that_says_nothing_is_refused(tmp_path, rate):
    path = tmp_path / "m.toml"
    form = '[format]\nfps = 24\nsizes = ["64x64"]'
    path.write_text(f'name = "m"\nengine = "a:b"\n{form}\n[cost]\nsource = "x"\n[[cost.rates]]\n{rate}\n')
    with pytest.raises(BadSettings):
        model_file.read(path)


def test_sound_that_could_not_be_asked_for_is_refused(monkeypatch, tmp_path):
    card("vidu/viduq3-pro", monkeypatch)
    text = (registry.VENDORS / "vidu" / "viduq3-pro.toml").read_text("utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace("sound_switch = true\n", ""), "utf-8")
    with pytest.raises(BadSettings, match="nothing says how it is asked for"):
        model_file.read(path)


def test_fractions_stay_exact(monkeypatch):
    hailuo = card("minimax/hailuo-02", monkeypatch).card
    assert {rate.length for rate in hailuo.cost.rates} == {Fraction(6), Fraction(10)}


def test_a_key_is_in_nothing_that_is_written_or_said(tmp_path, monkeypatch, capfd):
    """A vendor that repeats the key in its errors: neither database, files, logs nor answers have it."""
    from types import SimpleNamespace

    from vitascope import plans as plan_files
    from vitascope.policy import Rules
    from vitascope.runtime import House
    from vitascope.store import schema
    from vitascope.store.blobs import FolderBlobs
    from vitascope.workers.courier import Courier

    monkeypatch.setenv("TEST_VENDOR_LEAK", KEY)
    said = []

    def ask(method, url, *, headers, body, limit_seconds):
        said.append(headers)
        told = f'{{"code": 1201, "message": "no: {KEY} and {KEY.partition(":")[2]}"}}'
        return 400, {}, told.encode()

    source = {"vendor": "kling", "model": "kling-v3", "key": "env:TEST_VENDOR_LEAK"}
    file = model_file.ModelFile(card("kling/kling-v3", monkeypatch).card, vendors.ENGINE, source, tmp_path)
    monkeypatch.undo()
    monkeypatch.setenv("TEST_VENDOR_LEAK", KEY)
    store = service.sqlite_store(tmp_path)
    settings = config.read({})
    blobs = FolderBlobs(tmp_path / "blobs")
    house = House(store=store, blobs=blobs, plans=plan_files.packaged(), rules=Rules(), settings=settings)
    build = lambda engine, name, told: vendors.engine(name, told, carrier=SimpleNamespace(ask=ask))  # noqa: E731
    courier = Courier(house, SimpleNamespace(remote=lambda: {file.card.name: file}), build=build)
    account = service.add_account(store, role="owner", units=10_000)
    spec = ClipSpec(prompt="a red ball", seconds=5.0, size=(1280, 720), sound=False, seed=1)
    monkeypatch.setattr(service, "CARD", file.card)
    service.submit(store, account, spec=spec, model=file.card.name, needs="remote")
    for _ in range(3):
        for held in courier.turn():
            courier.act(held)
    assert said
    assert all("authorization" in headers for headers in said)
    with store.read() as tx:
        rows = [str(row) for table in schema.metadata.sorted_tables for row in tx.execute(table.select())]
    assert any("no: ***" in row for row in rows), "the vendor's words are kept, without the key"
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    out, err = capfd.readouterr()
    for part in (KEY, *KEY.split(":")):
        assert not any(part in row for row in rows)
        assert not any(part.encode() in data for data in written)
        assert part not in out + err
    assert service.broken(store) == []
    store.close()
