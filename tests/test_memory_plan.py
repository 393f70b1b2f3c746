"""The plan of how a model is put into memory, as tables for the devices that people have."""

import pytest

from vitascope.engines.openweights import known, memory
from vitascope.engines.openweights.memory import GB, Part, Room, Weights
from vitascope.engines.openweights.memory import plan as make

SHORT = {"resident": "all", "encoder_freed": "enc", "model_offload": "off", "fp8": "fp8", "group_offload": "grp"}
P480, P720 = (832, 480), (1280, 704)
DEVICES = (8, 12, 16, 24, 48, 80)
#: With 64 GB of RAM; frames as the models have them for 5 seconds.
TABLE = {
    ("wan2.1-t2v-1.3b", P480, 81): "off off enc all all all",
    ("wan2.2-ti2v-5b", P720, 121): "grp fp8 off enc all all",
    ("wan2.1-t2v-14b", P480, 81): "no grp grp fp8 all all",
    ("wan2.2-t2v-a14b", P480, 81): "no no no fp8 fp8 all",
    ("hunyuanvideo-1.5-480p-t2v", P480, 121): "grp grp fp8 off all all",
    ("z-image-turbo", (1024, 1024), 1): "fp8 fp8 enc all all all",
}


def rungs(name, size, frames, ram=64, weights=None):
    weights = weights or known.every()[name].weights
    plans = [make(weights, Room("cuda", device * GB, ram * GB), size, frames) for device in DEVICES]
    return " ".join(SHORT.get(one.rung, "no") for one in plans)


@pytest.mark.parametrize("asked", TABLE, ids=lambda asked: asked[0])
def test_the_table(asked):
    assert rungs(*asked) == TABLE[asked]


def wan_14b(storage, bytes_each, encoder="fp8_scaled"):
    """Wan 14B and umt5 as files that are quantised already."""
    count, words = 14_288_491_584, 5_680_910_336
    text = Part(words, words if encoder == "fp8_scaled" else 2 * words, encoder)
    vae = Part(126_892_531, 253_785_062, "fp16")
    return Weights("wan", "t2v", (Part(count, int(count * bytes_each), storage),), text, vae, width=5120, layers=40)


def test_quantised_files_fit_smaller_devices_and_fp8_is_no_rung_of_its_own_for_them():
    assert rungs("", P480, 81, weights=wan_14b("fp8_scaled", 1)) == "grp grp grp enc all all"
    assert rungs("", P480, 81, weights=wan_14b("GGUF Q4_K", 4.5 / 8)) == "grp grp enc all all all"
    assert rungs("", P480, 33, ram=32, weights=wan_14b("GGUF Q4_K", 4.5 / 8)) == "grp enc enc all all all"


@pytest.mark.parametrize(
    ("weights", "size", "frames", "rung", "published"),
    [
        ("wan2.1-t2v-1.3b", P480, 81, "model_offload", 11),
        ("wan2.1-t2v-14b", P480, 81, "model_offload", 35),
        ("wan2.1-t2v-14b", P480, 81, "group_offload", 13),
        (wan_14b("GGUF Q4_K", 4.5 / 8), (1280, 720), 81, "model_offload", 22.1 * 1.0737),
        (wan_14b("GGUF Q8_0", 8.5 / 8), (1280, 720), 81, "model_offload", 28.0 * 1.0737),
    ],
)
def test_what_a_rung_takes_is_near_what_is_published(weights, size, frames, rung, published):
    """The figures, with their sources, are in known/*.toml."""
    weights = known.every()[weights].weights if isinstance(weights, str) else weights
    every = make(weights, Room("cuda", 0, 0), size, frames).tried
    whole = make(weights, Room("cuda", 24 * GB, 0), size, frames).tried  # here the encoder is on the device
    (told,) = [one for one in whole or every if one.rung == rung]
    assert told.needs_vram / GB == pytest.approx(published, rel=0.12)


def test_a_refusal_has_numbers_and_says_which_memory_is_wanting():
    weights = known.every()["wan2.2-t2v-a14b"].weights
    small = make(weights, Room("cuda", int(7.6 * GB), 128 * GB), P480, 81)
    assert not small.fits
    told = memory.sentence(small, P480, 81)
    assert told == "832x480x81 needs about 8.2 GB of memory on the device here, 7.6 GB are free"
    little = make(weights, Room("cuda", 24 * GB, 32 * GB), P480, 81)
    told = memory.sentence(little, P480, 81)
    assert told == "832x480x81 needs about 42.4 GB of RAM here, 32.0 GB are free"
    assert memory.largest(weights, Room("cuda", int(7.6 * GB), 128 * GB), [P480], range(1, 82, 4)) == (P480, 73)
    assert memory.largest(weights, Room("cuda", GB, GB), [P480], [1]) is None


def test_after_the_device_ran_out_the_next_rung_is_taken():
    weights, room = known.every()["wan2.1-t2v-1.3b"].weights, Room("cuda", 24 * GB, 64 * GB)
    first = make(weights, room, P480, 81)
    second = make(weights, room, P480, 81, below=first.rung)
    assert (first.rung, second.rung) == ("resident", "encoder_freed")
    assert not make(weights, room, P480, 81, below="group_offload").fits


def test_encoding_goes_to_the_processor_where_the_encoder_does_not_fit():
    weights = known.every()["wan2.1-t2v-14b"].weights
    assert make(weights, Room("cuda", 12 * GB, 64 * GB), P480, 81).encoder == "cpu"
    assert make(weights, Room("cuda", 16 * GB, 64 * GB), P480, 81).encoder == "device"


def test_frames_are_decoded_in_tiles_where_whole_ones_do_not_fit():
    weights = known.every()["wan2.2-ti2v-5b"].weights
    assert make(weights, Room("cuda", 8 * GB, 64 * GB), P720, 121).tiled
    assert not make(weights, Room("cuda", 12 * GB, 64 * GB), P720, 121).tiled


def test_more_steps_move_more_bytes_only_where_blocks_are_moved():
    weights = known.every()["wan2.1-t2v-14b"].weights
    few, many = (make(weights, Room("cuda", 12 * GB, 64 * GB), P480, 81, steps=steps) for steps in (4, 50))
    assert many.moved > 10 * few.moved
    few, many = (make(weights, Room("cuda", 24 * GB, 64 * GB), P480, 81, steps=steps) for steps in (4, 50))
    assert many.moved == few.moved


@pytest.mark.parametrize(("device", "wide"), [("cpu", 4), ("mps", 2)])
def test_one_memory_has_one_rung_and_no_fp8(device, wide):
    weights = known.every()["wan2.1-t2v-1.3b"].weights
    rungs = [one.rung for one in make(weights, Room(device, 0, 0), P480, 81).tried]
    assert rungs == ["resident"]
    assert make(weights, Room(device, 0, 64 * GB), P480, 81).rung == "resident"
    assert Part(10, 10, "fp8_scaled").bytes(device) == 10 * wide


def test_the_known_checkpoints_are_many_and_can_be_cards():
    every = known.every()
    assert len(every) >= 12
    for one in every.values():
        assert one.weights.experts
        assert one.card["licence"]["id"]
        assert "Not tried here on real weights." in one.card["limits"]
        for figure in one.memory:
            assert figure["gigabytes"] > 0
            assert figure["source"]
    assert every["hunyuanvideo-1.5-480p-t2v"].card["licence"]["excluded"] == ["EU", "GB", "KR"]


def test_what_no_source_bears_out_is_named_and_is_there():
    every = known.every()
    assert any(one.unconfirmed for one in every.values())
    for one in every.values():
        for name in one.unconfirmed:
            told = {"card": one.card}
            for key in name.split("."):
                assert key in told, (one.name, name)
                told = told[key]


def test_noise_levels_are_as_many_as_the_usual_steps():
    given = [one for one in known.every().values() if "sigmas" in one.source]
    assert given
    for one in given:
        levels = one.source["sigmas"]
        assert len(levels) == one.card["format"]["steps"]
        assert levels == sorted(levels, reverse=True)
