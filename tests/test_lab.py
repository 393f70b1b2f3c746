"""The lab's experiments: exact laws, and a measurement from its pixels that finds them again."""

import numpy as np
import pytest

from vitascope.smallworld.world import lab


@pytest.mark.parametrize("seed", range(20))
def test_a_hit_keeps_momentum_and_energy(seed):
    experiment = lab.sample("collision", seed)
    state = lab.states(experiment)
    mass = np.array([disc.radius**2 for disc in experiment.discs])
    before, after = state[0, :, 2], state[-1, :, 2]
    assert 4 * lab.FRAME_SECONDS < experiment.contact_seconds < 24 * lab.FRAME_SECONDS
    assert np.isclose(mass @ before, mass @ after)
    assert np.isclose(mass @ before**2, mass @ after**2)


def test_discs_touch_at_the_hit_and_never_overlap():
    for seed in range(20):
        experiment = lab.sample("collision", seed)
        gap = np.diff(lab.states(experiment)[:, :, 0], axis=1)[:, 0] - sum(disc.radius for disc in experiment.discs)
        assert gap.min() > -1e-9


def test_a_thrown_disc_falls_with_gravity():
    y = lab.states(lab.sample("parabola", 3))[:, 0, 1]
    assert np.allclose(np.diff(y, n=2) / lab.FRAME_SECONDS**2, lab.GRAVITY)


@pytest.mark.parametrize("size", [64, 128])
def test_pixels_tell_the_speed(size):
    """A soft centroid reads the speed to a few thousandths of a unit a second."""
    errors = []
    for seed in range(8):
        experiment = lab.sample("uniform", seed)
        place = experiment.discs[0]
        whole = np.abs(lab.states(experiment)[:, 0, 0] - lab.SIDE / 2) < lab.SIDE / 2 - place.radius - 0.2
        ink = 255 - lab.render(experiment, size)[whole, :, :, 1].astype(float)
        x = (ink * (np.arange(size) + 0.5)).sum((1, 2)) / ink.sum((1, 2)) * lab.SIDE / size
        speed = np.polyfit(np.arange(lab.FRAMES)[whole] * lab.FRAME_SECONDS, x, 1)[0]
        errors.append(abs(speed - place.vx))
    assert np.mean(errors) < 0.005


def test_an_unknown_experiment_is_refused():
    with pytest.raises(ValueError):
        lab.sample("pendulum", 0)


def test_same_seed_same_bytes():
    assert np.array_equal(lab.render(lab.sample("collision", 5)), lab.render(lab.sample("collision", 5)))
