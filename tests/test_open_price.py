"""The price and the memory that `models add` writes for an open model: what they grow with, and who can pay."""

import math
import tomllib

import pytest

import weights
from vitascope import plans, pricing
from vitascope.cli.app import main
from vitascope.clip import ClipSpec
from vitascope.engines import model_file
from vitascope.engines.openweights import found_model, known, memory, price, shelf
from vitascope.engines.openweights.memory import GB, Room

PLANS = plans.packaged()
DAY = PLANS["free"].daily_units


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """The card of each known checkpoint, with its price."""
    folder = tmp_path_factory.mktemp("own")
    model = found_model.look(weights.comfy(folder / "models"))
    written = {}
    for one in known.every().values():
        like = found_model.Model(**{**model.__dict__, "like": one})
        table = shelf.model_table(one.name, like) | {"price": price.price(one.weights, one.card["format"])}
        written[one.name] = model_file.read(shelf.write(folder, table, {})).card
    return written


def cost(card, **asked):
    asked.setdefault("seconds", min(5, card.format.max_seconds))
    shape = card.format.resolve(ClipSpec(prompt="a cat", seed=1, **asked), name=card.name)
    return pricing.quote(shape, card, plan=PLANS["free"], prices=PLANS.prices).units


def test_a_larger_model_and_a_larger_clip_cost_more_and_fewer_steps_less(cards):
    small, large = cards["wan2.1-t2v-1.3b"], cards["wan2.1-t2v-14b"]
    assert cost(large) == pytest.approx(10 * cost(small), rel=0.02)  # as the parameters
    assert cost(small, seconds=5) > cost(small, seconds=2) > cost(small, seconds=0) > 0
    assert cost(small, size=(832, 480)) > cost(small, size=(256, 256))
    assert cost(large, steps=4) == math.ceil(cost(large) * 4 / 50)  # as a preset for few steps has them
    assert cost(cards["wan2.2-ti2v-5b"]) < cost(cards["wan2.1-i2v-14b-720p"])  # its tokens are four times as large
    assert all(cost(card) > 0 for card in cards.values())


def test_two_experts_cost_as_one_and_without_guidance_half(cards):
    one, two = (known.every()[name] for name in ("wan2.1-t2v-14b", "wan2.2-t2v-a14b"))
    form = {**one.card["format"], "steps": 40}
    assert price.price(one.weights, form) == price.price(two.weights, {**form, "guidance": 4.0})
    half = price.price(one.weights, {**form, "guidance": 1.0})
    assert half["second"] == pytest.approx(price.price(one.weights, form)["second"] / 2, abs=1)


def test_the_free_plan_affords_the_small_ones(cards):
    assert 2 * cost(cards["wan2.1-t2v-1.3b"]) <= DAY
    assert cost(cards["wan2.1-vace-1.3b"]) <= DAY
    assert cost(cards["z-image-turbo"]) * 10 <= DAY


def test_the_price_is_told_for_the_smallest_size_of_the_shipped_plans():
    assert PLANS.prices.sizes[0].pixels == price.SMALLEST
    assert PLANS.prices.sizes[0].factor == 1


def test_a_model_that_is_added_has_a_price_and_the_memory_that_it_takes_here(own_home, tmp_path, monkeypatch):
    from vitascope.engines.openweights import room

    root = weights.comfy(tmp_path / "models")
    found = found_model.look(root)

    def add(name, *words, here):
        monkeypatch.setattr(room, "here", lambda: here)
        assert main(["models", "add", str(root), "--name", name, "--accept-licence", *words]) == 0
        return tomllib.loads((own_home / "models" / f"{name}.toml").read_text("utf-8"))

    def needs(device, vram, rung):
        made = memory.plan(found.weights, Room(device, int(vram * GB), 64 * GB), (832, 480), 81)
        assert made.rung == rung
        return round(made.needs_vram / GB, 1)

    def machine(device, free, total):
        return room.Machine("a card", Room(device, int(free * GB), 64 * GB), int(total * GB))

    told = add("large", here=machine("cuda", 23, 24))
    assert told["price"] == {"second": 60, "still": 15, "steps": 50}
    assert (told["needs"], told["gigabytes"]) == ("cuda", needs("cuda", 23, "resident"))
    told = add("small", here=machine("cuda", 11, 12))
    assert told["gigabytes"] == needs("cuda", 11, "model_offload") < 11
    told = add("busy", here=machine("cuda", 1, 12))  # another model is on the card
    assert told["gigabytes"] == needs("cuda", 12, "model_offload")
    resident = needs("cuda", 80, "resident")
    assert add("tiny", here=machine("cuda", 1, 2))["gigabytes"] == resident  # never: the supervisor says so
    assert add("elsewhere", "--device", "cuda", here=machine("cpu", 0, 0))["gigabytes"] == resident
    told = add("processor", here=machine("cpu", 0, 0))
    assert told["gigabytes"] == needs("cpu", 0, "resident") > resident  # in 32 bits
