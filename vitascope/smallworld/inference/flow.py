"""Rectified flow. t = 0 is clean, t = 1 is noise; x_t = (1 - t) x + t e, the velocity is e - x, sampling steps from 1
down to 0.

Imports nothing: the same lines work on torch tensors and on numpy arrays. Source: Liu et al., arXiv 2209.03003; step
size and self-consistency: Frans et al., arXiv 2410.12557.
"""


def blend(x, noise, t):
    """x_t for clean x and noise of one shape, t broadcastable to it, in [0, 1]."""
    return (1 - t) * x + t * noise


def velocity(x, noise):
    """What the model learns to say at every x_t: the direction from clean to noise."""
    return noise - x


def guide(cond, uncond, scale):
    """Classifier-free guidance on velocities of one shape; scale 1.0 changes nothing."""
    return uncond + scale * (cond - uncond)


def euler(x_t, v, dt):
    """One step of size dt towards the clean end; dt broadcastable (0 where a frame is given and stays)."""
    return x_t - dt * v


def extrapolated(v, v_before, dt, dt_before):
    """The velocity in the middle of the next step of size dt, from those at its start and at the start of the step
    before it, of size dt_before: the second-order Adams-Bashforth method for uneven steps.
    """
    return v + dt / (2 * dt_before) * (v - v_before)


def shifted(t, shift):
    """Timesteps moved towards noise: shift 1.0 changes nothing. Source: Esser et al., arXiv 2403.03206, eq. 23."""
    return shift * t / (1 + (shift - 1) * t)


def timesteps(steps, shift):
    """The steps + 1 times from 1 to 0 of a sampling run, as a list of floats."""
    return [shifted(1 - i / steps, shift) for i in range(steps + 1)]
