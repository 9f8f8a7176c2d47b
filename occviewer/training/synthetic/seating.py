"""Chairs, stools, benches, armchairs and sofas."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.training.synthetic.assembly import (
    Assembly,
    arc,
    regular_outline,
    superellipse,
)
from occviewer.training.synthetic.legs import feet, legs


def chair(rng: np.random.Generator) -> Assembly:
    """Chair with a back, with or without arms, or a stool, or a bench."""
    into = Assembly()
    kind = rng.choice(["chair", "stool", "bench"], p=[0.75, 0.15, 0.1])
    width, depth = rng.uniform(0.38, 0.6), rng.uniform(0.38, 0.58)
    height, thick = rng.uniform(0.38, 0.52), rng.choice([0.025, 0.04, 0.08, 0.12])
    if kind == "stool":
        height = rng.uniform(0.4, 0.8)
        width = depth = rng.uniform(0.3, 0.45)
    elif kind == "bench":
        width = rng.uniform(0.9, 1.8)
    _seat(into, rng, width, depth, height, thick)
    if kind == "chair" and rng.random() < 0.1:
        _cantilever(into, rng, width, depth, height)
    else:
        legs(into, rng, width, depth, height - thick)
    if kind == "stool" or (kind == "bench" and rng.random() < 0.5):
        return into
    back_height = rng.choice([rng.uniform(0.25, 0.65), rng.uniform(0.35, 0.5)])
    lean = rng.uniform(0.0, 0.35) * back_height
    _back(into, rng, width, depth, height, back_height, lean)
    if rng.random() < 0.4:
        _arms(into, rng, width, depth, height)
    return into


def sofa(rng: np.random.Generator) -> Assembly:
    """Sofa or armchair: a body, a back, arms, and cushions on it."""
    into = Assembly()
    seats = int(rng.choice([1, 2, 3, 4], p=[0.35, 0.25, 0.3, 0.1]))
    width, depth = seats * rng.uniform(0.5, 0.75), rng.uniform(0.7, 1.0)
    foot = rng.choice([0.02, rng.uniform(0.05, 0.2)])
    body, seat = foot + rng.uniform(0.1, 0.25), rng.uniform(0.36, 0.48)
    arm, back = rng.uniform(0.06, 0.25), rng.uniform(0.12, 0.28)
    top, arm_top = rng.uniform(0.65, 1.0), rng.uniform(0.5, 0.7)
    soft = rng.choice([0.0, 0.03, 0.06])
    whole = width + 2 * arm
    feet(into, rng, whole, depth, foot)
    front, rear = depth / 2, -depth / 2
    into.rounded_box([-whole / 2, foot, rear], [whole / 2, body, front], soft / 2)
    lean = rng.uniform(0, 0.12)
    _leaning_box(into, [-whole / 2, foot, rear], [whole / 2, top, rear + back], lean, soft)
    if rng.random() < 0.85:
        rolled = rng.random() < 0.3
        for side in (-1, 1):
            inner, outer = side * width / 2, side * whole / 2
            into.rounded_box([inner, foot, rear], [outer, arm_top, front], soft)
            if rolled:
                x, r = (inner + outer) / 2, arm * rng.uniform(1.1, 1.4)
                into.bar([x, arm_top, rear], [x, arm_top, front], r, sides=16)
    step = width / seats
    gap = rng.choice([0.0, 0.01])
    for number in range(seats):
        x = -width / 2 + number * step
        into.rounded_box(
            [x + gap, body, rear + back * 0.8], [x + step - gap, seat, front], max(soft, 0.015)
        )
    if rng.random() < 0.6:
        cushion = rng.uniform(0.1, 0.2)
        for number in range(seats):
            x = -width / 2 + number * step
            low = [x + gap, seat - 0.01, rear + back * 0.9]
            high = [x + step - gap, top - rng.uniform(-0.05, 0.15), rear + back + cushion]
            _leaning_box(into, low, high, lean, max(soft, 0.04))
    if rng.random() < 0.12 and seats > 1:  # a corner sofa
        reach = depth + rng.uniform(0.4, 0.9)
        side = rng.choice([-1, 1])
        low, high = sorted([side * width / 2, side * (width / 2 - step)])
        into.rounded_box([low, foot, 0], [high, body, rear + reach], soft / 2)
        into.rounded_box([low, body, 0], [high, seat, rear + reach], max(soft, 0.015))
    return into


def _seat(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    depth: float,
    height: float,
    thick: float,
) -> None:
    kind = rng.integers(4)
    if kind == 0:
        power = rng.choice([2.0, 3.0, 6.0])
        into.plate(superellipse(width, depth, power), height - thick, height)
    elif kind == 1:  # narrower behind
        narrow = rng.uniform(0.75, 1.0) * width / 2
        front, back = depth / 2, -depth / 2
        outline = np.array(
            [[-narrow, back], [narrow, back], [width / 2, front], [-width / 2, front]]
        )
        into.plate(outline, height - thick, height)
    else:
        into.rounded_box(
            [-width / 2, height - thick, -depth / 2],
            [width / 2, height, depth / 2],
            rng.choice([0.0, thick / 3, thick / 2]),
        )
    if rng.random() < 0.25:
        soft = rng.uniform(0.03, 0.08)
        x, z = width * 0.47, depth * 0.47
        into.rounded_box([-x, height - 0.005, -z], [x, height + soft, z], soft / 2)


def _cantilever(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    thick = rng.uniform(0.022, 0.04)
    front, rear, base = depth / 2 - thick, -depth / 2, thick / 2
    for side in (-1, 1):
        x = side * (width / 2 - thick)
        into.bar([x, base, rear], [x, base, front], thick, sides=12)
        into.bar([x, 0, front], [x, height, front], thick, sides=12)
        into.bar([x, height - thick, rear], [x, height - thick, front], thick, sides=12)
    into.bar([-width / 2 + thick, base, rear], [width / 2 - thick, base, rear], thick, sides=12)


def _back(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    depth: float,
    height: float,
    tall: float,
    lean: float,
) -> None:
    """Add a back that stands on the rear edge of the seat and leans by `lean` at its top."""
    rear, top = -depth / 2, height + tall
    thick = rng.uniform(0.02, 0.05)
    half = width / 2 * rng.uniform(0.8, 1.0)
    curve = rng.choice([0.0, 0.0, rng.uniform(0.02, 0.14)])

    def at(share_x: float, share_y: float) -> Float64Array:
        """Point of the back: shares of the half width and of the height."""
        behind = rear + thick / 2 - lean * share_y - curve * (1 - share_x**2)
        return np.array([share_x * half, height + share_y * tall, behind])

    def rail(share_y: float, tall_rail: float) -> None:
        path = np.stack([at(x, share_y) for x in np.linspace(-1, 1, 9 if curve else 2)])
        into.sweep(path, regular_outline(4) * [thick, tall_rail])

    def post(share_x: float, wide: float, low: float = 0.0, high: float = 1.0) -> None:
        start = at(share_x, low) - ([0, 0.03, 0] if low == 0 else 0)
        into.bar(start, at(share_x, high), wide, sides=sides)

    sides = int(rng.choice([4, 12]))
    kind = rng.choice(["panel", "panel", "slats", "ladder", "spindles", "hoop", "cushion", "cross"])
    if kind == "panel":
        low = rng.choice([0.0, rng.uniform(0.1, 0.5)])
        rail((low + 1) / 2, (1 - low) * tall)
        if low:
            posts = rng.choice([0.0, 0.85])
            for x in {posts, -posts}:
                post(x, thick * 1.2, 0.0, (low + 1) / 2)
    elif kind in ("slats", "spindles", "ladder", "cross"):
        frame = thick * rng.uniform(1.0, 1.8)
        post(-1, frame)
        post(1, frame)
        rail(1 - 0.06, tall * rng.uniform(0.08, 0.25))
        if kind == "ladder":
            for y in np.linspace(0.15, 0.75, rng.integers(1, 5)):
                rail(y, tall * rng.uniform(0.06, 0.14))
        elif kind == "cross":
            into.bar(at(-1, 0.05), at(1, 0.95), thick)
            into.bar(at(1, 0.05), at(-1, 0.95), thick)
        else:
            count = rng.integers(1, 5) if kind == "slats" else rng.integers(4, 9)
            wide = thick * 0.8 if kind == "spindles" else 1.2 * half / (count + 1)
            for x in np.linspace(-1, 1, count + 2)[1:-1]:
                if kind == "spindles":
                    post(float(x), wide)
                else:
                    path = np.stack([at(float(x), 0) - [0, 0.02, 0], at(float(x), 1)])
                    into.sweep(path, regular_outline(4) * [wide, thick * 0.7])
            if rng.random() < 0.5:
                rail(0.12, tall * 0.08)
    elif kind == "hoop":
        path = np.stack([at(float(np.cos(a)), float(np.sin(a))) for a in np.linspace(0, np.pi, 19)])
        path[[0, -1], 1] -= 0.03
        _chain(into, path, thick)
        for x in np.linspace(-0.8, 0.8, rng.integers(2, 7)):
            post(float(x), thick * 0.7, 0.0, float(np.sqrt(1 - x**2)))
    else:
        post(-0.9, thick * 1.3)
        post(0.9, thick * 1.3)
        soft = rng.uniform(0.05, 0.1)
        low = rng.uniform(0.05, 0.35)
        _leaning_box(
            into,
            [-half, height + low * tall, rear - soft * 0.2],
            [half, top, rear + soft],
            lean * (1 - low),
            soft / 2,
            -lean * low,
        )


def _arms(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    over, thick = rng.uniform(0.17, 0.27), rng.uniform(0.03, 0.06)
    rear, front = -depth / 2, depth / 2 * rng.uniform(0.4, 0.95)
    kind = rng.integers(4)
    for side in (-1, 1):
        x = side * (width / 2 + thick / 4)
        if kind == 0:  # a loop of tube
            path = arc([x, height, rear], [x, height + over * 1.3, (rear + front) / 2],
                       [x, height - 0.02, front], 13)  # fmt: skip
            into.sweep(path, regular_outline(12), thick * 0.8)
        elif kind == 1:
            into.box([x - thick / 2, height - 0.03, rear], [x + thick / 2, height + over, front])
        else:
            into.bar([x, height - 0.02, front - thick], [x, height + over, front - thick], thick)
            if rng.random() < 0.5:
                into.bar([x, height - 0.02, rear + thick], [x, height + over, rear + thick], thick)
            wide = thick * rng.uniform(0.6, 1.1)
            into.rounded_box(
                [x - wide, height + over - thick / 2, rear - 0.01],
                [x + wide, height + over + thick / 2, front],
                rng.choice([0.0, thick / 3]),
            )


def _chain(into: Assembly, path: Float64Array, width: float) -> None:
    """Round tube along a path that turns too much for one sweep."""
    for start, end in zip(path, path[1:], strict=False):
        along = (end - start) * 0.08
        into.bar(start - along, end + along, width, sides=10)


def _leaning_box(
    into: Assembly,
    low: list[float],
    high: list[float],
    lean: float,
    radius: float,
    offset: float = 0.0,
) -> None:
    """Add a rounded box whose top stands back by `lean`."""
    upright = Assembly()
    upright.rounded_box(low, high, radius)
    shear = np.eye(3)
    shear[2, 1] = -lean / (high[1] - low[1])
    into.add(upright.transformed(shear, [0, 0, offset - shear[2, 1] * low[1]]))
