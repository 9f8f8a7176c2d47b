"""LZF compression, as the point cloud library PCL uses it in compressed PCD files."""

from __future__ import annotations

_FARTHEST = 1 << 13  # bytes that a repetition can reach back
_LONGEST = 264  # bytes that one repetition can give


def decompress(data: bytes, size: int) -> bytes:
    """Undo LZF compression.

    The stream is a sequence of runs, each led by a control byte ``c``. Below 32 it
    announces ``c + 1`` literal bytes. Otherwise it repeats earlier output: the
    length is ``(c >> 5) + 2`` (where that is 9, the next byte is added to it), and
    the distance is ``((c & 31) << 8 | next byte) + 1``, after Lehmann's liblzf format.

    Parameters
    ----------
    data : bytes
        The compressed stream.
    size : int
        Number of bytes that it must give.

    Raises
    ------
    ValueError
        The stream ends in the middle of a run, refers to output that does not
        exist, or gives another number of bytes.
    """
    out = bytearray()
    at, end = 0, len(data)
    try:
        while at < end:
            control = data[at]
            at += 1
            if control < 32:
                stop = at + control + 1
                if stop > end:
                    raise ValueError("the compressed data ends within a run of bytes")
                out += data[at:stop]
                at = stop
            else:
                length = (control >> 5) + 2
                if length == 9:
                    length += data[at]
                    at += 1
                distance = ((control & 31) << 8 | data[at]) + 1
                at += 1
                start = len(out) - distance
                if start < 0:
                    raise ValueError("the compressed data refers to bytes before its beginning")
                if distance >= length:
                    out += out[start : start + length]
                else:
                    # The copy overlaps its own output: the tail repeats itself.
                    out += (out[start:] * (length // distance + 1))[:length]
            if len(out) > size:
                break
    except IndexError:
        raise ValueError("the compressed data ends within a reference") from None
    if len(out) != size:
        raise ValueError(f"the compressed data does not give the declared {size:,} bytes")
    return bytes(out)


def compress(data: bytes) -> bytes:
    """Compress bytes so that `decompress`, PCL and liblzf can undo it.

    Greedy: every position repeats the latest earlier one that begins with the same
    three bytes, as long as both agree. The stream is described at `decompress`.
    """
    out = bytearray()
    latest: dict[bytes, int] = {}
    at = first_literal = 0
    while at < len(data) - 2:
        key = data[at : at + 3]
        before = latest.get(key, -_FARTHEST - 1)
        latest[key] = at
        if at - before > _FARTHEST:
            at += 1
            continue
        length, limit = 3, min(_LONGEST, len(data) - at)
        while length < limit and data[before + length] == data[at + length]:
            length += 1
        _add_literals(out, data[first_literal:at])
        distance = at - before - 1
        if length < 9:
            out += bytes([(length - 2) << 5 | distance >> 8, distance & 255])
        else:
            out += bytes([7 << 5 | distance >> 8, length - 9, distance & 255])
        at = first_literal = at + length
    _add_literals(out, data[first_literal:])
    return bytes(out)


def _add_literals(out: bytearray, literals: bytes) -> None:
    for start in range(0, len(literals), 32):
        run = literals[start : start + 32]
        out.append(len(run) - 1)
        out += run


def largest_output(compressed: int) -> int:
    """Bytes that a stream of the given length can give at most (264 for every 3)."""
    return compressed * 88 + 264
