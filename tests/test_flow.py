"""Rectified flow: the same lines on numpy and on torch, and what they promise of a sampling run."""

from itertools import pairwise

import numpy as np
import pytest

from vitascope.smallworld.inference import flow

SHAPE = (2, 3, 4, 2, 2)


def pair(seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(SHAPE).astype(np.float32), rng.standard_normal(SHAPE).astype(np.float32)


@pytest.mark.parametrize(
    ("call", "more"),
    [(flow.blend, (0.3,)), (flow.velocity, ()), (flow.guide, (2.5,)), (flow.euler, (0.25,))]
    + [(flow.extrapolated, (0.2, 0.1))],
    ids=["blend", "velocity", "guide", "euler", "extrapolated"],
)
def test_numpy_and_torch_agree(call, more):
    torch = pytest.importorskip("torch")
    a, b = pair(0)
    by_torch = call(torch.from_numpy(a), torch.from_numpy(b), *more)
    assert np.allclose(call(a, b, *more), by_torch.numpy(), atol=1e-6)


def test_a_blend_begins_clean_and_ends_as_noise():
    x, noise = pair(1)
    assert np.array_equal(flow.blend(x, noise, 0.0), x)
    assert np.array_equal(flow.blend(x, noise, 1.0), noise)


def test_the_velocity_is_how_a_blend_moves():
    x, noise = pair(2)
    moved = (flow.blend(x, noise, 0.6) - flow.blend(x, noise, 0.4)) / 0.2
    assert np.allclose(moved, flow.velocity(x, noise), atol=1e-5)


@pytest.mark.parametrize("shift", [1.0, 1.4, 3.0])
@pytest.mark.parametrize("steps", [1, 4, 7])
def test_with_the_exact_velocity_a_run_lands_on_the_clean_end(steps, shift):
    x, noise = pair(3)
    state, times = noise, flow.timesteps(steps, shift)
    for t, t_next in pairwise(times):
        assert np.allclose(state, flow.blend(x, noise, t), atol=1e-5)
        state = flow.euler(state, flow.velocity(x, noise), t - t_next)
    assert np.allclose(state, x, atol=1e-5)


def test_looking_back_one_step_makes_a_curved_way_exact_to_the_second_order():
    """On x' = x from 1 to 0, halving the steps divides the error by four; plain Euler's by two."""

    def error(steps, looks_back):
        x, before = np.float64(1.0), None
        times = flow.timesteps(steps, 1.5)
        for i in range(steps):
            v, dt = x, times[i] - times[i + 1]
            back = looks_back and before is not None
            move = flow.extrapolated(v, before, dt, times[i - 1] - times[i]) if back else v
            x, before = flow.euler(x, move, dt), v
        return abs(x - np.exp(-1))

    assert error(64, True) < error(32, True) / 3.5 < error(32, False) / 10
    assert error(64, False) > error(32, False) / 2.5


def test_a_frame_that_is_given_stays():
    x, v = pair(4)
    asked = np.array([False, True, True])[None, :, None, None, None]
    moved = flow.euler(x, v, 0.5 * asked)
    assert np.array_equal(moved[:, 0], x[:, 0])
    assert not np.allclose(moved[:, 1:], x[:, 1:])


def test_guidance_of_one_changes_nothing_and_more_goes_further_from_what_is_unasked():
    cond, uncond = pair(5)
    assert np.allclose(flow.guide(cond, uncond, 1.0), cond, atol=1e-6)
    assert np.array_equal(flow.guide(cond, uncond, 0.0), uncond)
    assert np.allclose(flow.guide(cond, uncond, 3.0) - cond, 2 * (cond - uncond), atol=1e-5)


@pytest.mark.parametrize("shift", [1.0, 2.0])
@pytest.mark.parametrize("steps", [1, 4, 64])
def test_times_go_from_one_to_zero(steps, shift):
    times = flow.timesteps(steps, shift)
    assert (len(times), times[0], times[-1]) == (steps + 1, 1, 0)
    assert (np.diff(times) < 0).all()


def test_a_shift_leans_towards_noise():
    times = np.linspace(0, 1, 9)
    assert np.allclose(flow.shifted(times, 1.0), times)
    assert (flow.shifted(times, 2.0)[1:-1] > times[1:-1]).all()
