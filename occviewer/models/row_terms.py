"""The loops of `occviewer.models.row_kernels`, spelled out in LLVM's terms for numba.

A vector is as many float32 as the widest registers hold. Loads and stores say that they may be
anywhere (``align=4``), as numpy's arrays may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

Term: TypeAlias = Any
"""A type, a value or a builder of numba or llvmlite, which tell no types of their own."""

Generated: TypeAlias = tuple[Term, Callable[..., Term]]

LANES = 16
"""Tiles are multiples of it: as many numbers as a vector holds."""

# As many sums as there are registers for, so that one need not wait for another.
AT_ONCE = 8 if binding.get_host_cpu_features().get("avx512f") else 4
"""Rows that `add_products` adds to."""

_INT = ir.IntType(64)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)

# A sum may be rounded once with its product.
_FUSED = ("contract",)


@intrinsic  # type: ignore[untyped-decorator]
def add_products(
    context: Term, weights: Term, units: Term, unit: Term, given: Term, given_count: Term,
    rows: Term, to: Term, column: Term,
) -> Generated:  # fmt: skip
    """Do the part of `multiply` for `AT_ONCE` rows and `LANES` columns."""
    signature = types.void(weights, units, unit, given, given_count, rows, to, column)

    def generate(context: Term, builder: Term, signature: Term, values: Term) -> Term:
        weight, unit_of, given_of, source, target = (
            _Array(context, builder, signature.args[at], values[at]) for at in (0, 1, 3, 5, 6)
        )
        first, given_count, column = values[2], values[4], values[7]
        ours, ends, sums = [], [], []
        for other in range(AT_ONCE):
            row = builder.add(first, _INT(other))
            ours.append(weight.at(builder.load(unit_of.at(row)), _INT(0)))
            ends.append(target.vector_at(row, column))
            sums.append(cgutils.alloca_once_value(builder, builder.load(ends[-1], align=4)))
        with cgutils.for_range(builder, given_count, intp=_INT) as loop:
            row = builder.load(source.vector_at(loop.index, column), align=4)
            its_unit = builder.load(given_of.at(loop.index))
            for our, total in zip(ours, sums, strict=True):
                factor = _spread(builder, builder.load(builder.gep(our, [its_unit])))
                product = builder.fmul(factor, row, flags=_FUSED)
                builder.store(builder.fadd(builder.load(total), product, flags=_FUSED), total)
        for end, total in zip(ends, sums, strict=True):
            builder.store(builder.load(total), end, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def rectified(
    context: Term, source: Term, row: Term, scale: Term, shift: Term, to: Term, to_row: Term,
    count: Term,
) -> Generated:  # fmt: skip
    """Do what `rectify` does."""
    result = types.UniTuple(types.float32, 2)
    signature = result(source, row, types.float32, types.float32, to, to_row, count)

    def generate(context: Term, builder: Term, signature: Term, values: Term) -> Term:
        given, end = (_Array(context, builder, signature.args[at], values[at]) for at in (0, 4))
        row, to_row, count = values[1], values[5], values[6]
        scale, shift = (_spread(builder, values[at]) for at in (2, 3))
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        limits = [
            (cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [start] * LANES)), name)
            for start, name in ((float("inf"), "minimum"), (0.0, "maximum"))
        ]
        step = _INT(LANES)
        with cgutils.for_range_slice(builder, _INT(0), count, step, intp=_INT) as (column, _):
            numbers = builder.load(given.vector_at(row, column), align=4)
            scaled = builder.fmul(scale, numbers, flags=_FUSED)
            numbers = builder.fadd(scaled, shift, flags=_FUSED)
            # Not where it is NaN, which is neither.
            below = builder.fcmp_ordered("<=", numbers, zero)
            numbers = builder.select(below, zero, numbers)
            builder.store(numbers, end.vector_at(to_row, column), align=4)
            for limit, name in limits:
                builder.store(_extreme(builder, name, builder.load(limit), numbers), limit)
        ends = [_of_all(builder, name, builder.load(limit)) for limit, name in limits]
        return context.make_tuple(builder, signature.return_type, ends)

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def mixture(
    context: Term, table: Term, places: Term, shares: Term, start: Term, count: Term, to: Term,
    channel: Term,
) -> Generated:  # fmt: skip
    """Do the part of `mix` for `LANES` channels."""
    signature = types.void(table, places, shares, start, count, to, channel)

    def generate(context: Term, builder: Term, signature: Term, values: Term) -> Term:
        source, place_of, share_of, end = (
            _Array(context, builder, signature.args[at], values[at]) for at in (0, 1, 2, 5)
        )
        start, count, channel = values[3], values[4], values[6]
        total = cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * LANES))
        with cgutils.for_range(builder, count, intp=_INT) as loop:
            number = builder.add(start, loop.index)
            place = builder.load(place_of.at(number))
            share = _spread(builder, builder.load(share_of.at(number)))
            row = builder.load(source.vector_at(place, channel), align=4)
            product = builder.fmul(share, row, flags=_FUSED)
            builder.store(builder.fadd(builder.load(total), product, flags=_FUSED), total)
        builder.store(builder.load(total), end.vector_at(_INT(0), channel), align=4)
        return context.get_dummy_value()

    return signature, generate


class _Array:
    """The elements of a contiguous array, for whoever writes LLVM's terms."""

    def __init__(self, context: Term, builder: Term, kind: Term, value: Term) -> None:
        array = context.make_array(kind)(context, builder, value)
        self._builder, self._start = builder, array.data
        self._width = cgutils.unpack_tuple(builder, array.shape)[-1]

    def at(self, *place: Term) -> Term:
        """Point to an element: by its index, or by row and column."""
        offset = place[-1]
        if len(place) == 2:
            offset = self._builder.add(self._builder.mul(place[0], self._width), offset)
        return self._builder.gep(self._start, [offset])

    def vector_at(self, row: Term, column: Term) -> Term:
        """Point to as many elements as a vector holds."""
        return self._builder.bitcast(self.at(row, column), _VECTOR.as_pointer())


def _spread(builder: Term, number: Term) -> Term:
    """Fill every lane of a vector with a number."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, number, ir.IntType(32)(0))
    return builder.shuffle_vector(one, nothing, _lanes([0] * LANES))


def _extreme(builder: Term, name: str, one: Term, other: Term) -> Term:
    """Take the ``minimum`` or ``maximum`` lane by lane; NaN where there is one."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR])
    function = f"llvm.{name}.v{LANES}f32"
    chosen = cgutils.get_or_insert_function(builder.module, kind, function)
    return builder.call(chosen, [one, other])


def _of_all(builder: Term, name: str, vector: Term) -> Term:
    """Take the ``minimum`` or ``maximum`` of all lanes of a vector."""
    apart = LANES // 2
    while apart:
        moved = builder.shuffle_vector(
            vector, vector, _lanes([(lane + apart) % LANES for lane in range(LANES)])
        )
        vector = _extreme(builder, name, vector, moved)
        apart //= 2
    return builder.extract_element(vector, ir.IntType(32)(0))


def _lanes(numbers: list[int]) -> Term:
    return ir.Constant(ir.VectorType(ir.IntType(32), LANES), numbers)
