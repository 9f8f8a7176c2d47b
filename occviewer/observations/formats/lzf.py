"""LZF decompression, as the point cloud library PCL uses it in compressed PCD files."""

from __future__ import annotations


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


def largest_output(compressed: int) -> int:
    """Bytes that a stream of the given length can give at most (264 for every 3)."""
    return compressed * 88 + 264
