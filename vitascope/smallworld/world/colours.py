"""The colours of sky, ground and distance, from the numbers of a stage's look, in linear light; `tone` makes them
display values. Written in the calls that numpy and torch share.
"""

from __future__ import annotations

import math

from vitascope.smallworld.world.body import FAR


def sky(xp, look, d):
    """Sky colour in directions d: a gradient, a glow about the sun, soft clouds."""
    height = xp.clip(d[2], 0.0, 1.0)
    fade = xp.exp(-4.2 * height)
    to_sun = look["to_sun"]
    cosine = xp.clip(d[0] * to_sun[0] + d[1] * to_sun[1] + d[2] * to_sun[2], 1e-4, 1.0)
    glow = xp.exp(look["glow_power"][0] * xp.log(cosine))
    across, along = d[0] / (height + 0.22), d[1] / (height + 0.22)
    cloud = xp.sin(1.7 * across + 1.1 * xp.sin(1.3 * along)) * xp.sin(1.5 * along + 0.8 * xp.sin(1.9 * across) + 1.0)
    cloud = look["clouds"][0] * xp.clip(cloud, 0.0, 1.0) * xp.clip(height * 6.0, 0.0, 1.0)
    out = []
    for zenith, horizon, g, s in zip(look["zenith"], look["horizon"], look["glow"], look["sun"], strict=True):
        base = zenith + (horizon - zenith) * fade + g * glow
        out.append(base + cloud * (0.55 * horizon + 0.45 * s - base) * 0.8)
    return out


def ground(xp, look, at, distance):
    """Ground colour at places (x, y): slabs, blotches and ripples mixed by the ground's weights, fading far away."""
    x, y = at[0], at[1]
    slab, blotch, ripple = look["pattern"]
    checks = xp.clip(9.0 * xp.sin(math.pi * 0.8 * x) * xp.sin(math.pi * 0.8 * y), -1.0, 1.0)
    warp = xp.sin(0.9 * x + 1.3 * xp.sin(0.7 * y))
    blots = warp * xp.sin(1.1 * y + 0.9 * xp.sin(1.2 * x) + 0.5) * 1.3
    ripples = xp.sin(4.2 * y + 1.1 * x + 1.4 * warp)
    mix = 0.5 + 0.5 * xp.clip(slab * checks + blotch * blots + ripple * ripples, -1.0, 1.0)
    mix = 0.5 + (mix - 0.5) * xp.exp(-0.075 * xp.clip(distance - 5.0, 0.0, FAR))
    return [a + (b - a) * mix for a, b in zip(look["near"], look["far"], strict=True)]


def haze(xp, look, lit, reach):
    haze = 1.0 - xp.exp(-look["fog"][0] * xp.clip(reach - 4.0, 0.0, FAR))
    return [c + haze * (look["horizon"][i] - c) for i, c in enumerate(lit)]


def tone(xp, c):
    """Linear light -> display value in [0, 1]: a soft shoulder, then a gamma of 2.2."""
    c = xp.clip(c * 1.05, 1e-5, 16.0)
    c = xp.clip(c * (1.0 + c * 0.12) / (0.35 * c + 0.78), 1e-5, 1.0)
    return xp.exp(xp.log(c) * (1.0 / 2.2))
