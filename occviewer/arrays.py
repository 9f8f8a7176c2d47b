"""Names for the array types that cross the rooms of the program, and what numpy does slowly."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Float32Array: TypeAlias = npt.NDArray[np.float32]
Float64Array: TypeAlias = npt.NDArray[np.float64]
FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
UInt8Array: TypeAlias = npt.NDArray[np.uint8]

Number = TypeVar("Number", bound=np.generic)


def extremes(points: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Lowest and highest corner (2, D) of the box around points (N, D), at least one.

    Column by column: along the first axis of short rows numpy takes ten times as long.
    """
    columns = points.T
    return np.array([[column.min() for column in columns], [column.max() for column in columns]])
