"""Tables, desks, shelves, cabinets and beds."""

from __future__ import annotations

import numpy as np

from occviewer.training.synthetic.assembly import Assembly, superellipse
from occviewer.training.synthetic.legs import feet, legs


def table(rng: np.random.Generator) -> Assembly:
    """Dining, coffee, side or console table, or a desk."""
    into = Assembly()
    kind = rng.choice(["dining", "coffee", "side", "console", "desk"])
    width = {"dining": 1.5, "coffee": 1.0, "side": 0.5, "console": 1.1, "desk": 1.3}[kind]
    depth = {"dining": 0.85, "coffee": 0.65, "side": 0.45, "console": 0.38, "desk": 0.65}[kind]
    height = {"dining": 0.74, "coffee": 0.42, "side": 0.55, "console": 0.8, "desk": 0.74}[kind]
    width, depth, height = np.array([width, depth, height]) * rng.uniform(0.75, 1.3, 3)
    if kind in ("dining", "coffee", "side") and rng.random() < 0.35:
        depth = width  # round or square
    thick = rng.uniform(0.018, 0.07)
    power = rng.choice([2.0, 3.0, 8.0]) if rng.random() < 0.4 else 0.0
    if power:
        into.plate(superellipse(width, depth, power), height - thick, height)
    else:
        low, high = [-width / 2, height - thick, -depth / 2], [width / 2, height, depth / 2]
        into.rounded_box(low, high, rng.choice([0.0, thick / 3]))
    shrink = 0.68 if power == 2.0 else rng.uniform(0.85, 1.0)
    under = height - thick
    if kind == "desk" and rng.random() < 0.7:
        _desk_body(into, rng, width * 0.96, depth * 0.92, under)
    else:
        legs(into, rng, width * shrink, depth * shrink, under)
        if rng.random() < 0.2 and power != 2.0:  # a shelf below
            y, x, z = under * rng.uniform(0.15, 0.5), width * shrink * 0.46, depth * shrink * 0.46
            into.box([-x, y, -z], [x, y + thick * 0.8, z])
        if rng.random() < 0.2:  # a drawer
            x, z, drop = width * 0.35 * shrink, depth * 0.45 * shrink, under * 0.2
            into.box([-x, under - drop, -z], [x, under, z])
    return into


def storage(rng: np.random.Generator) -> Assembly:
    """Bookcase, cabinet, chest of drawers, wardrobe or sideboard."""
    into = Assembly()
    kind = rng.choice(["shelf", "cabinet", "drawers", "wardrobe", "sideboard", "mixed"])
    size = {
        "shelf": (0.9, 1.8, 0.32),
        "cabinet": (0.8, 0.9, 0.42),
        "drawers": (0.8, 0.8, 0.45),
        "wardrobe": (1.2, 2.0, 0.58),
        "sideboard": (1.6, 0.7, 0.42),
        "mixed": (1.0, 1.6, 0.4),
    }[kind]
    width, height, depth = np.array(size) * rng.uniform(0.6, 1.35, 3)
    foot = rng.choice([0.0, rng.uniform(0.03, 0.2)])
    board = rng.uniform(0.015, 0.035)
    if foot:
        feet(into, rng, width, depth, foot)
    columns = int(rng.integers(1, 4)) if width > 0.6 else 1
    open_above = {"shelf": 0.0, "mixed": rng.uniform(0.3, 0.6)}.get(kind, 1.0)
    split = foot + open_above * (height - foot)
    if open_above > 0:
        _closed(into, rng, width, depth, foot, split, columns)
    if open_above < 1:
        _open_shelves(into, rng, width, depth, split, height, columns, board)
    if rng.random() < 0.3:  # a top that juts out
        out = rng.uniform(0.0, 0.04)
        into.box(
            [-width / 2 - out, height, -depth / 2 - out / 2],
            [width / 2 + out, height + board, depth / 2 + out],
        )
    return into


def bed(rng: np.random.Generator) -> Assembly:
    """Single or double bed, with or without posts, or a bunk bed, or a cot."""
    into = Assembly()
    kind = rng.choice(["bed", "posts", "bunk", "cot"], p=[0.68, 0.1, 0.12, 0.1])
    long = rng.uniform(1.85, 2.2) if kind != "cot" else rng.uniform(1.2, 1.4)
    width = rng.choice([rng.uniform(0.8, 1.0), rng.uniform(1.3, 1.9)])
    width = {"bunk": 0.95, "cot": 0.7}.get(kind, width)
    foot, frame = rng.uniform(0.05, 0.25), rng.uniform(0.1, 0.25)
    soft = rng.uniform(0.1, 0.25)
    _bunk(into, rng, width, long, foot, frame, soft)
    thick = rng.uniform(0.03, 0.08)
    head = foot + frame + rng.uniform(0.2, 0.8)
    if kind == "bunk":
        upper, post = rng.uniform(1.1, 1.4), rng.uniform(0.05, 0.09)
        raised = Assembly()
        _bunk(raised, rng, width, long, 0.0, 0.12, 0.12, standing=False)
        into.add(raised.transformed(np.eye(3), [0, upper, 0]))
        top = upper + rng.uniform(0.3, 0.5)
        _posts(into, width, long, top, post)
        for y in (upper + 0.2, top - 0.05):
            into.bar([-width / 2, y, -long / 2], [-width / 2, y, long / 2], post * 0.7)
            into.bar([width / 2, y, -long / 2], [width / 2, y, long / 2], post * 0.7)
        for y in np.arange(0.25, upper, 0.25):
            into.bar([-0.2, y, long / 2 + 0.03], [0.2, y, long / 2 + 0.03], 0.04)
        for x in (-0.2, 0.2):
            into.bar([x, 0, long / 2 + 0.03], [x, upper, long / 2 + 0.03], 0.04)
        return into
    if kind == "cot":
        top = rng.uniform(0.8, 1.0)
        _posts(into, width, long, top, 0.05)
        for side in (-1, 1):
            x, z = side * width / 2, side * long / 2
            into.bar([x, top - 0.03, -long / 2], [x, top - 0.03, long / 2], 0.04)
            into.bar([-width / 2, top - 0.03, z], [width / 2, top - 0.03, z], 0.04)
            for along in np.linspace(-long / 2, long / 2, rng.integers(7, 12))[1:-1]:
                into.bar([x, foot, along], [x, top - 0.03, along], 0.03)
        return into
    if kind == "posts":
        top = rng.uniform(1.2, 2.1)
        _posts(into, width, long, top, rng.uniform(0.05, 0.1))
        if top > 1.7:
            for side in (-1, 1):
                x, z = side * width / 2, side * long / 2
                into.bar([x, top - 0.03, -long / 2], [x, top - 0.03, long / 2], 0.06)
                into.bar([-width / 2, top - 0.03, z], [width / 2, top - 0.03, z], 0.06)
    if rng.random() < 0.9:
        _bed_end(into, rng, width, -long / 2, thick, foot, head)
    if rng.random() < 0.4:
        _bed_end(into, rng, width, long / 2 + thick, thick, foot, (head + foot + frame) / 2)
    return into


def _desk_body(
    into: Assembly, rng: np.random.Generator, width: float, depth: float, height: float
) -> None:
    """Pedestals with drawers, panels or legs on the other side, a panel behind."""
    thick, z = rng.uniform(0.02, 0.05), depth / 2
    drawers = rng.uniform(0.25, 0.35) * width
    clear = rng.choice([0.0, rng.uniform(0.02, 0.45) * height])
    both = rng.random() < 0.35
    sides = [-1, 1] if both else [int(rng.choice([-1, 1]))]
    for side in sides:
        a, b = sorted([side * width / 2, side * (width / 2 - drawers)])
        box = Assembly()
        _closed(box, rng, b - a, depth, clear, height, 1)
        into.add(box.transformed(np.eye(3), [(a + b) / 2, 0, 0]))
        if clear:
            for x in (a + thick, b - thick):
                for k in (-z + thick, z - thick):
                    into.bar([x, 0, k], [x, clear, k], thick)
    if not both:
        x = -sides[0] * (width / 2 - thick / 2)
        if rng.random() < 0.6:
            into.box([x - thick / 2, 0, -z], [x + thick / 2, height, z])
        else:
            for k in (-z + thick, z - thick):
                into.bar([x, 0, k], [x, height, k], thick)
    if rng.random() < 0.5:
        low = height * rng.uniform(0.1, 0.7)
        into.box([-width / 2, low, -z], [width / 2, height, -z + thick * 0.6])


def _closed(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    depth: float,
    low: float,
    high: float,
    columns: int,
) -> None:
    """Body with doors or drawers in front, gaps between them and handles on them."""
    x, z = width / 2, depth / 2
    door = rng.choice([0.0, rng.uniform(0.012, 0.03)])
    into.box([-x, low, -z], [x, high, z - door])
    rows = int(rng.choice([1, 1, 2, 3, 4, 5])) if high - low > 0.3 else 1
    handle = rng.choice(["none", "knob", "bar"])
    gap = rng.uniform(0.004, 0.012)
    wide, tall = width / columns, (high - low) / rows
    for column in range(columns):
        for row in range(rows):
            a, b = -x + column * wide, low + row * tall
            if door:
                into.box([a + gap, b + gap, z - door - 1e-3], [a + wide - gap, b + tall - gap, z])
            middle, out = np.array([a + wide / 2, b + tall * 0.6, z]), rng.uniform(0.02, 0.035)
            if handle == "knob":
                into.rounded_box(middle - [0.015, 0.015, 0.01], middle + [0.015, 0.015, out], 0.01)
            elif handle == "bar":
                reach = wide * 0.2
                into.box(middle - [reach, 0.01, -out + 0.012], middle + [reach, 0.01, out])
                for end in (-reach, reach - 0.015):
                    into.box(middle + [end, -0.008, -0.01], middle + [end + 0.015, 0.008, out])


def _open_shelves(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    depth: float,
    low: float,
    high: float,
    columns: int,
    board: float,
) -> None:
    x, z = width / 2, depth / 2
    if rng.random() < 0.75:
        into.box([-x, low, -z], [x, high, -z + board * rng.uniform(0.4, 1.0)])
    posts = rng.random() < 0.15
    for wall in np.linspace(-x, x - board, columns + 1):
        if posts:
            for k in (-z, z - board):
                into.box([wall, low, k], [wall + board, high, k + board])
        else:
            into.box([wall, low, -z], [wall + board, high, z])
    levels = int(rng.integers(2, 7))
    for column in range(columns):
        a, b = -x + column * width / columns, -x + (column + 1) * width / columns
        uneven = rng.uniform(-0.2, 0.2) / levels if rng.random() < 0.3 else 0.0
        for share in np.linspace(0, 1, levels + 1):
            inner = 0.0 < share < 1.0
            y = low + (share + uneven * inner) * (high - low - board)
            into.box([a, y, -z], [b, y + board, z * (0.95 if inner else 1.0)])
            if share < 1 and rng.random() < 0.12:  # books, or a box
                tall = (high - low) / levels * rng.uniform(0.4, 0.85)
                start, end = np.sort(rng.uniform(a + board, b, 2))
                if end - start > 0.05:
                    into.box([start, y, -z * 0.8], [end, y + tall, z * rng.uniform(0.3, 0.8)])


def _bunk(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    long: float,
    foot: float,
    frame: float,
    soft: float,
    *,
    standing: bool = True,
) -> None:
    """Frame with a mattress, pillows and perhaps a blanket."""
    x, z = width / 2, long / 2
    if standing:
        feet(into, rng, width, long, foot)
    into.box([-x, foot, -z], [x, foot + frame, z])
    inset, y = rng.uniform(0.0, 0.05), foot + frame
    into.rounded_box([-x + inset, y - 0.01, -z], [x - inset, y + soft, z - inset], 0.05)
    pillows = int(rng.integers(0, 3)) if width > 1.2 else int(rng.integers(0, 2))
    for number in range(pillows):
        wide = (width - 2 * inset) / pillows * 0.8
        middle = -x + inset + (number + 0.5) * (width - 2 * inset) / pillows
        into.rounded_box(
            [middle - wide / 2, y + soft - 0.02, -z + 0.05],
            [middle + wide / 2, y + soft + 0.1, -z + 0.45],
            0.06,
        )
    if rng.random() < 0.4:
        over = rng.uniform(0.0, 0.04)
        into.rounded_box(
            [-x - over, y + soft * rng.uniform(-0.5, 0.5), -z + long * rng.uniform(0.2, 0.4)],
            [x + over, y + soft + 0.04, z + over],
            0.03,
        )


def _posts(into: Assembly, width: float, long: float, top: float, thick: float) -> None:
    for x in (-width / 2, width / 2):
        for z in (-long / 2, long / 2):
            into.bar([x, 0, z], [x, top, z], thick)


def _bed_end(
    into: Assembly,
    rng: np.random.Generator,
    width: float,
    z: float,
    thick: float,
    low: float,
    high: float,
) -> None:
    """Headboard or footboard in front of `z`: a board, bars, a frame or a cushion."""
    x, kind = width / 2 + rng.choice([0.0, 0.05]), rng.integers(4)
    if kind == 0:
        into.box([-x, 0, z - thick], [x, high, z])
    elif kind == 1:
        into.rounded_box([-x, low, z - thick], [x, high, z + thick], thick)
    elif kind == 2:  # an arched board
        crown = superellipse(2 * x, 2 * (high - low), 3.0)
        outline = crown[crown[:, 1] >= 0]
        front = np.stack([outline[:, 0], low + outline[:, 1], np.full(len(outline), z)], 1)
        into.hull(np.concatenate([front, front - [0, 0, thick], [[-x, 0, z], [x, 0, z]]]))
    else:
        for side in (-x, x - thick):
            into.box([side, 0, z - thick], [side + thick, high, z])
        for y in (high - thick, low):
            into.box([-x, y, z - thick], [x, y + thick, z])
        for at in np.linspace(-x, x, rng.integers(5, 13))[1:-1]:
            into.bar([at, low, z - thick / 2], [at, high, z - thick / 2], thick * 0.6)
