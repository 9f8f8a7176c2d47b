"""What furniture stands on."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.training.synthetic.assembly import Assembly, arc, regular_outline


def legs(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    """Stand something of a footprint on the ground, its underside at `height`."""
    kinds = [_four_legs, _four_legs, _four_legs, _turned_legs, _sides, _sledge, _trestle]
    if width < 1.6 * depth:
        kinds += [_pedestal, _star]
    rng.choice(np.array(kinds, object))(into, rng, width, depth, height)


def feet(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    """Short legs, a plinth or nothing under a heavy body."""
    kind = rng.integers(4)
    if kind == 0:
        inset = rng.uniform(0.0, 0.1) * min(width, depth)
        x, z = width / 2 - inset, depth / 2 - inset
        into.box([-x, 0, -z], [x, height, z])
    elif kind == 1:
        _sides(into, rng, width, depth, height)
    else:
        _four_legs(into, rng, width, depth, height)


def _corners(width: float, depth: float) -> list[tuple[int, int, float, float]]:
    return [(i, k, i * width / 2, k * depth / 2) for i in (-1, 1) for k in (-1, 1)]


def _four_legs(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.05, 0.13) * min(width, depth, 0.7)
    taper = rng.choice([1.0, 1.0, rng.uniform(0.4, 0.9)])
    splay = rng.choice([0.0, 0.0, rng.uniform(0.0, 0.25)]) * height
    inset = rng.uniform(0.5, 1.6) * thick
    sides = int(rng.choice([4, 4, 12]))
    bent = rng.random() < 0.12
    ends = []
    for i, k, x, z in _corners(width - 2 * inset, depth - 2 * inset):
        top = np.array([x, height, z])
        foot = np.array([x + i * splay, 0, z + k * splay])
        if bent:  # curved outwards and back in again
            middle = (top + foot) / 2 + [i * thick, 0, k * thick]
            path = arc(foot, middle, top)
            into.sweep(path, regular_outline(12), np.linspace(thick * taper, thick, len(path)))
        else:
            into.bar(foot, top, thick * taper, thick, sides)
        ends.append((foot, top))
    if rng.random() < 0.35:
        _stretchers(into, rng, ends, thick)
    if rng.random() < 0.3:  # an apron under the top
        drop = rng.uniform(0.06, 0.2) * height
        x, z, t = width / 2 - inset, depth / 2 - inset, thick * 0.4
        for low, high in (
            ([-x, height - drop, z - t], [x, height, z + t]),
            ([-x, height - drop, -z - t], [x, height, -z + t]),
            ([x - t, height - drop, -z], [x + t, height, z]),
            ([-x - t, height - drop, -z], [-x + t, height, z]),
        ):
            into.box(low, high)


def _stretchers(
    into: Assembly,
    rng: np.random.Generator,
    ends: list[tuple[Float64Array, Float64Array]],
    thick: float,
) -> None:
    """Bars between legs, given in the order of `_corners`."""
    share = rng.uniform(0.15, 0.6)
    at = [foot + share * (top - foot) for foot, top in ends]
    thin = thick * rng.uniform(0.5, 0.9)
    kind = rng.integers(3)
    pairs = [(0, 1), (2, 3)]  # along the sides
    if kind == 0:
        pairs += [(0, 2), (1, 3)]
    for a, b in pairs:
        into.bar(at[a], at[b], thin)
    if kind == 1:
        into.bar((at[0] + at[1]) / 2, (at[2] + at[3]) / 2, thin)


def _turned_legs(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.05, 0.1) * min(width, depth, 0.8)
    stations = np.sort(rng.uniform(0.05, 0.9, rng.integers(3, 7)))
    profile = [(thick * rng.uniform(0.25, 0.6), s * height) for s in stations]
    profile = [(thick * 0.35, 0.0), *profile, (thick * 0.5, height)]
    for _, _, x, z in _corners(width - 2 * thick, depth - 2 * thick):
        into.lathe(profile, (x, 0, z))


def _sides(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.03, 0.08) * min(width, 1.0)
    inset = rng.choice([0.0, rng.uniform(0, 0.15)]) * width
    shallow = rng.uniform(0.7, 1.0) * depth / 2
    x = width / 2 - inset
    into.box([-x, 0, -shallow], [-x + thick, height, shallow])
    into.box([x - thick, 0, -shallow], [x, height, shallow])
    if rng.random() < 0.5:
        into.box([-x, height * rng.uniform(0, 0.7), -thick / 2], [x, height, thick / 2])


def _sledge(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.04, 0.07) * min(width, 0.8)
    sides = int(rng.choice([4, 12]))
    for i in (-1, 1):
        x = i * (width / 2 - thick)
        front, back = depth / 2 - thick / 2, -depth / 2 + thick / 2
        base = thick / 2
        into.bar([x, base, back], [x, base, front], thick, sides=sides)
        into.bar([x, 0, front], [x, height, front], thick, sides=sides)
        if rng.random() < 0.7:
            into.bar([x, 0, back], [x, height, back], thick, sides=sides)
    if rng.random() < 0.5:
        z = rng.choice([-1, 1]) * (depth / 2 - thick / 2)
        into.bar([-width / 2 + thick, thick / 2, z], [width / 2 - thick, thick / 2, z], thick)


def _trestle(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.05, 0.09) * min(width, 1.0)
    x = width / 2 * rng.uniform(0.6, 0.9)
    wide, narrow = depth * rng.uniform(0.35, 0.48), depth * rng.uniform(0.0, 0.3)
    crossed = rng.random() < 0.4
    for i in (-1, 1):
        for k in (-1, 1):
            top = -k * wide if crossed else k * narrow
            into.bar([i * x, 0, k * wide], [i * x, height, top], thick)
    if rng.random() < 0.7:
        y = height * (0.5 if crossed else rng.uniform(0.2, 0.7))
        into.bar([-x, y, 0], [x, y, 0], thick * 0.8)


def _pedestal(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    reach = min(width, depth) / 2
    base, column = reach * rng.uniform(0.5, 0.9), reach * rng.uniform(0.08, 0.3)
    flat = height * rng.uniform(0.03, 0.1)
    profile = [(base, 0.0), (base, flat), (column * rng.uniform(1, 1.8), flat * 1.6)]
    for share in np.sort(rng.uniform(0.15, 0.85, rng.integers(0, 4))):
        profile.append((column * rng.uniform(0.7, 1.6), share * height))
    profile += [(column, height * 0.9), (column * rng.uniform(1, 2.5), height)]
    into.lathe(profile)
    if rng.random() < 0.3:  # a square foot
        into.box([-base, 0, -base], [base, flat, base])


def _star(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    arms = int(rng.choice([3, 4, 5, 5, 5]))
    reach = min(width, depth) / 2 * rng.uniform(0.8, 1.1)
    thick = rng.uniform(0.1, 0.2) * reach
    castor = rng.choice([0.0, thick * 0.9])
    hub = castor + thick + rng.uniform(0.0, 0.12) * height
    into.bar([0, castor, 0], [0, height, 0], thick * rng.uniform(1.0, 1.8), thick, 12)
    for angle in 2 * np.pi * (np.arange(arms) + rng.choice([0, 0.5])) / arms:
        way = np.array([np.sin(angle), 0, np.cos(angle)])
        into.bar([0, hub, 0], reach * way + [0, castor + thick * 0.3, 0], thick, thick * 0.7)
        if castor:
            into.rounded_box(
                reach * way - [castor / 2, 0, castor / 2],
                reach * way + [castor / 2, castor, castor / 2],
                castor / 2,
            )
