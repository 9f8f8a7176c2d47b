"""Lamps that stand, hang, or are screwed to a wall."""

from __future__ import annotations

import numpy as np

from occviewer.training.synthetic.assembly import Assembly, arc, regular_outline


def lamp(rng: np.random.Generator) -> Assembly:
    """Floor, table, desk, hanging, ceiling or wall lamp."""
    kinds = [_floor, _table, _desk, _arched, _hanging, _ceiling, _wall, _chandelier]
    into: Assembly = rng.choice(np.array(kinds, object))(rng)
    return into


def _shade(
    into: Assembly, rng: np.random.Generator, centre: tuple[float, float, float], size: float
) -> None:
    """Shade of a radius about `size` whose middle is `centre`."""
    kind = rng.choice(["cone", "cone", "drum", "globe", "bowl", "solid"])
    tall = size * rng.uniform(0.7, 1.8)
    thick = size * rng.uniform(0.05, 0.12)
    wide = size * rng.uniform(0.85, 1.1)
    narrow = wide * (rng.uniform(0.85, 1.0) if kind == "drum" else rng.uniform(0.25, 0.8))
    low, high = -tall / 2, tall / 2
    if kind in ("cone", "drum"):
        into.shell([(wide, low), (narrow, high)], thick, centre)
        bulb = size * 0.25
        into.lathe([(0, -bulb), (bulb, 0), (bulb * 0.8, bulb), (0, bulb * 1.5)], centre)
    elif kind == "bowl":
        angle = np.linspace(0.1, np.pi / 2, 7)
        up = rng.choice([-1, 1])
        profile = [(wide * np.sin(a), up * wide * (0.5 - np.cos(a))) for a in angle]
        into.shell(profile if up > 0 else profile[::-1], thick, centre)
    elif kind == "globe":
        angle = np.linspace(-np.pi / 2, np.pi / 2, 11)
        flat = rng.choice([1.0, rng.uniform(0.5, 1.4)])
        into.lathe([(wide * np.cos(a), flat * wide * np.sin(a)) for a in angle], centre)
    else:
        into.lathe([(wide, low), (narrow, high)], centre)


def _foot(into: Assembly, rng: np.random.Generator, reach: float, pole: float) -> float:
    """Add the base of a standing lamp; returns the height at which its pole may begin."""
    kind = rng.integers(3)
    flat = reach * rng.uniform(0.08, 0.3)
    if kind == 0:
        into.lathe([(reach, 0), (reach, flat * 0.6), (pole, flat * rng.uniform(1.0, 2.0))])
    elif kind == 1:
        into.box([-reach, 0, -reach], [reach, flat, reach])
    else:
        top = reach * rng.uniform(0.5, 4.0)
        arms = int(rng.integers(3, 5))
        for angle in 2 * np.pi * np.arange(arms) / arms:
            way = np.array([np.sin(angle), 0, np.cos(angle)])
            into.bar(reach * way, [0, top, 0], max(pole * 1.5, reach * 0.08), sides=8)
        return top * 0.95
    return 0.0


def _floor(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    tall, pole, size = rng.uniform(1.3, 1.9), rng.uniform(0.02, 0.04), rng.uniform(0.12, 0.28)
    start = _foot(into, rng, rng.uniform(0.12, 0.25), pole)
    into.bar([0, start, 0], [0, tall, 0], pole, sides=12)
    _shade(into, rng, (0, tall, 0), size)
    return into


def _table(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    tall, size = rng.uniform(0.25, 0.5), rng.uniform(0.1, 0.24)
    stations = np.linspace(0, tall, rng.integers(4, 8))
    profile = [(rng.uniform(0.015, 0.11), y) for y in stations]
    profile[0] = (rng.uniform(0.06, 0.12), 0.0)
    if rng.random() < 0.3:
        pole = rng.uniform(0.015, 0.03)
        _foot(into, rng, rng.uniform(0.07, 0.13), pole)
        profile = [(pole / 2, 0.0), (pole / 2, tall)]
    into.lathe(profile)
    into.bar([0, tall, 0], [0, tall + size, 0], 0.018, sides=8)
    _shade(into, rng, (0, tall + size * rng.uniform(0.4, 0.9), 0), size)
    return into


def _desk(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    pole, size = rng.uniform(0.012, 0.025), rng.uniform(0.06, 0.12)
    start = _foot(into, rng, rng.uniform(0.07, 0.13), pole)
    elbow = np.array([0, rng.uniform(0.25, 0.4), -rng.uniform(0.0, 0.25)])
    hand = elbow + [0, rng.uniform(-0.05, 0.25), rng.uniform(0.15, 0.4)]
    into.bar([0, start, 0], elbow, pole, sides=8)
    into.bar(elbow, hand, pole, sides=8)
    head = Assembly()
    _shade(head, rng, (0, -size * 0.5, 0), size)
    tilt = np.radians(rng.uniform(-60, 20))
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    into.add(head.transformed(turn, hand))
    return into


def _arched(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    tall, reach, pole = rng.uniform(1.5, 2.0), rng.uniform(0.5, 1.3), rng.uniform(0.025, 0.045)
    _foot(into, rng, rng.uniform(0.15, 0.25), pole)
    end = [0, tall * rng.uniform(0.75, 0.95), reach]
    path = arc([0, 0, 0], [0, tall, reach * rng.uniform(0.25, 0.45)], end, 17)
    into.sweep(path, regular_outline(10), pole)
    size = rng.uniform(0.13, 0.25)
    _shade(into, rng, (0, end[1] - size * 0.4, reach), size)
    return into


def _hanging(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    cord, size = rng.uniform(0.3, 1.0), rng.uniform(0.12, 0.35)
    lamps = int(rng.choice([1, 1, 1, 2, 3]))
    apart = size * rng.uniform(2.3, 3.0)
    if lamps > 1:
        long = apart * lamps / 2
        into.box([-long, cord, -0.04], [long, cord + 0.04, 0.04])
    else:
        into.lathe([(0.06, cord), (0.05, cord + 0.04)])
    for number in range(lamps):
        x = (number - (lamps - 1) / 2) * apart
        into.bar([x, 0, 0], [x, cord + 0.01, 0], rng.uniform(0.01, 0.02), sides=8)
        _shade(into, rng, (x, 0, 0), size)
    return into


def _ceiling(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    wide, tall = rng.uniform(0.15, 0.3), rng.uniform(0.06, 0.2)
    angle = np.linspace(0, np.pi / 2, 8)
    into.lathe([(wide * np.sin(a), -tall * np.cos(a)) for a in angle])
    into.lathe([(wide * 1.05, 0), (wide * 1.05, 0.03)])
    return into


def _wall(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    wide, tall, out = rng.uniform(0.04, 0.1), rng.uniform(0.06, 0.2), rng.uniform(0.08, 0.25)
    into.rounded_box([-wide, -tall, -0.02], [wide, tall, 0.02], 0.008)
    lamps = [0.0] if rng.random() < 0.7 else [-2.5 * wide, 2.5 * wide]
    for x in lamps:
        path = arc([0, 0, 0], [x / 2, -tall * rng.uniform(0, 1), out * 0.7], [x, tall * 0.5, out])
        into.sweep(path, regular_outline(8), 0.025)
        _shade(into, rng, (x, tall * 0.7, out), rng.uniform(0.07, 0.14))
    return into


def _chandelier(rng: np.random.Generator) -> Assembly:
    into = Assembly()
    reach, tall = rng.uniform(0.25, 0.5), rng.uniform(0.3, 0.7)
    column = [(rng.uniform(0.01, 0.06), y) for y in np.linspace(-0.1, 0.15, 6)]
    into.lathe([*column, (0.012, 0.2), (0.012, tall), (0.06, tall), (0.06, tall + 0.03)])
    arms, drop = int(rng.integers(3, 9)), rng.uniform(0.02, 0.2)
    size, up = rng.uniform(0.05, 0.1), rng.uniform(0.0, 0.15)
    state = rng.bit_generator.state
    for angle in 2 * np.pi * np.arange(arms) / arms:
        way = np.array([np.sin(angle), 0, np.cos(angle)])
        path = arc([0, 0, 0], reach * 0.55 * way - [0, drop, 0], reach * way + [0, up, 0])
        into.sweep(path, regular_outline(8), 0.02)
        rng.bit_generator.state = state  # all arms hold the same shade
        _shade(into, rng, tuple(reach * way + [0, up + size * 0.8, 0]), size)
        into.bar(reach * way + [0, up, 0], reach * way + [0, up + size * 0.8, 0], 0.02, sides=8)
    return into
