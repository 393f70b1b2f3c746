"""What a clip costs, and the file that says so."""

import dataclasses
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import ANY_SIZE as CARD
from vitascope import plans, pricing
from vitascope.clip import ClipSpec, SourceClip
from vitascope.errors import BadSettings, BadSpec, NotAllowed
from vitascope.pricing import PriceLine, quote

PLANS = plans.packaged()
FREE, UNLIMITED, PRICES = PLANS["free"], PLANS["unlimited"], PLANS.prices


def price(n=1, draft=False, lane="normal", plan=FREE, drafted=0, **spec):
    shape = CARD.resolve(ClipSpec(prompt="a ball", **spec))
    return quote(shape, CARD, n=n, plan=plan, draft=draft, prices=PRICES, lane=lane, drafted=drafted)


def test_five_seconds_cost_one_credit():
    assert price(seconds=5).units == 100
    assert price(seconds=0).units == 10  # a still
    assert price(seconds=10).units == 200


def test_a_quote_says_why():
    assert price(seconds=5, steps=8, size=(640, 384), n=3, draft=True).lines == (
        PriceLine("5 seconds", 100),
        PriceLine("8 steps for 4", 100),
        PriceLine("standard size, 640x384", 300),
        PriceLine("draft", -100),
        PriceLine("3 takes", 800),
    )


def test_a_clip_is_paid_by_what_is_delivered():
    assert price(seconds=0.6).units == price(seconds=1).units  # whole groups of frames
    source = SourceClip("00" * 32, frames=81, width=256, height=256, fps=CARD.format.fps)
    assert price(seconds=5, extend=source).units == price(seconds=5).units  # what is there already is free


def test_the_waiting_lanes_are_cheaper_and_belong_to_plans():
    assert price(seconds=5, lane="offpeak").units == 50
    assert price(seconds=5, lane="relaxed", plan=UNLIMITED).units == 0
    with pytest.raises(NotAllowed, match="Free"):
        price(lane="relaxed")


def test_finishing_a_draft_costs_the_rest():
    draft = price(seconds=5, draft=True).units
    finished = price(seconds=5, drafted=draft)
    assert draft + finished.units == price(seconds=5).units
    assert finished.lines[-1] == PriceLine("the draft is paid", -draft)
    assert price(seconds=0, drafted=500).units == 0


def test_what_has_no_price_is_refused():
    with pytest.raises(BadSpec, match="got 0"):
        price(n=0)
    small = dataclasses.replace(PRICES, sizes=PRICES.sizes[:1])
    with pytest.raises(BadSpec, match="640x384"):
        quote(CARD.resolve(ClipSpec(prompt="a", size=(640, 384))), CARD, plan=FREE, prices=small)


@given(
    seconds=st.floats(0, 60),
    steps=st.integers(1, 64),
    n=st.integers(1, 20),
    draft=st.booleans(),
    lane=st.sampled_from(["normal", "offpeak", "relaxed"]),
    aspect=st.sampled_from(["1:1", "16:9"]),
)
def test_the_lines_always_add_up_to_the_price(seconds, steps, n, draft, lane, aspect):
    found = price(n=n, draft=draft, lane=lane, plan=UNLIMITED, seconds=seconds, steps=steps, aspect=aspect)
    assert sum(line.units for line in found.lines) == found.units == n * found.per_clip
    assert found.units > 0 or lane == "relaxed"
    more = (
        price(n=n, draft=draft, lane=lane, plan=UNLIMITED, seconds=seconds, steps=steps + 1, aspect=aspect)
        if (steps < 64)
        else found
    )
    assert more.units >= found.units


def test_machine_time_costs_money_rounded_up():
    assert pricing.cost(1500, 200) == 300  # 1.5 s at 0.0002 dollars
    assert pricing.cost(1, 200) == 1
    assert pricing.cost(0, 200) == 0


def test_a_plan_that_is_gone_is_answered_with_the_default():
    assert PLANS.of("pro").name == "pro"
    assert PLANS.of("gold").name == PLANS.default == "free"
    assert [plan.name for plan in PLANS] == ["free", "standard", "pro", "unlimited"]


def test_an_operator_has_plans_of_their_own(tmp_path):
    file = tmp_path / "plans.toml"
    text = plans.PACKAGED.read_text("utf-8")
    file.write_text(text.replace("concurrency = 1 ", "concurrency = 2 "), "utf-8")
    assert plans.read(file)["free"].concurrency == 2
    assert plans.read() == plans.packaged()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("default",), "gold", 'default plan "gold"'),
        (("plans", "free", "concurrency"), 0, r"concurrency in \[plans.free\] is 0"),
        (("plans", "free", "concurrency"), 1.5, "concurrency"),
        (("plans", "free", "label"), "yes", "label"),
        (("plans", "free", "title"), 7, "title"),
        (("plans", "free", "max_seconds"), -1, "max_seconds"),
        (("plans", "free", "colour"), "red", 'unknown entry "colour"'),
        (("plans", "free"), 3, "plans"),
        (("prices", "sizes"), [], "size classes"),
        (("prices", "draft"), -0.5, "draft"),
        (("prices", "models", "default"), {}, "second"),
        (("prices",), 5, "prices"),
    ],
)
def test_nonsense_in_the_file_is_named(path, value, message):
    data = tomllib.loads(plans.PACKAGED.read_text("utf-8"))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadSettings, match=message):
        plans.parse(data)


def test_a_file_that_is_not_there_or_no_toml_is_named(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        plans.read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[plans")
    with pytest.raises(BadSettings, match=r"bad.toml is not TOML"):
        plans.read(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(BadSettings, match=r"empty.toml: plans is missing"):
        plans.read(tmp_path / "empty.toml")
