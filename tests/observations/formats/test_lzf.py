import numpy as np
import pytest

from occviewer.observations.formats import lzf


def test_hand_made_streams():
    assert lzf.decompress(b"\x02abc", 3) == b"abc"
    # "ab", then 4 bytes from 2 back: the copy repeats its own output.
    assert lzf.decompress(b"\x01ab" + bytes([2 << 5, 1]), 6) == b"ababab"
    # A long run: 7 in the upper bits, and one more byte of length.
    assert lzf.decompress(b"\x00z" + bytes([7 << 5, 91, 0]), 101) == b"z" * 101
    # A distance over 256 uses the lower bits of the control byte.
    literals = bytes(range(256)) + bytes(range(44))
    stream = b"".join(
        bytes([len(literals[i : i + 32]) - 1]) + literals[i : i + 32] for i in range(0, 300, 32)
    )
    assert lzf.decompress(stream + bytes([1 << 5 | 1, 43]), 303) == literals + literals[:3]
    assert lzf.decompress(b"", 0) == b""


@pytest.mark.parametrize("levels", [1, 3, 256])
def test_what_was_compressed_comes_back(samples, levels):
    data = np.random.default_rng(0).integers(0, levels, 5000, dtype=np.uint8).tobytes()
    packed = samples.lzf_compress(data)
    assert lzf.decompress(packed, len(data)) == data
    assert len(data) <= lzf.largest_output(len(packed))


@pytest.mark.parametrize(
    ("stream", "size", "words"),
    [
        (b"\x05ab", 6, "within a run"),
        (b"\x01ab\x40", 6, "within a reference"),
        (b"\x01ab\xe0", 6, "within a reference"),
        (b"\x01ab" + bytes([2 << 5, 2]), 6, "before its beginning"),
        (b"\x02abc", 4, "does not give the declared 4 bytes"),
        (b"\x02abc", 2, "does not give the declared 2 bytes"),
    ],
)
def test_damaged_streams_are_refused(stream, size, words):
    with pytest.raises(ValueError, match=words):
        lzf.decompress(stream, size)


def test_a_stream_that_gives_far_too_much_is_stopped_early():
    bomb = b"\x00z" + bytes([7 << 5, 255, 0]) * 1_000_000
    with pytest.raises(ValueError, match="declared 10 bytes"):
        lzf.decompress(bomb, 10)
