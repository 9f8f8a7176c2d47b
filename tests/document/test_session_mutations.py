"""Damaged session files: a document, or one clear sentence."""

import io
import json
import tracemalloc
import warnings
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from occviewer.document import DocumentError, load_session, save_session

from .documents import busy

LARGEST_MEMORY = 32 << 20


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("session") / "whole.occ"
    save_session(busy(), path)
    return path


def loads_or_says_so(path):
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            document, notes = load_session(path)
    except DocumentError as error:
        message = str(error)
        assert path.name in message
        assert message.endswith(".")
        assert message.isprintable()
        assert len(message) < 600
    else:
        assert document.extraction.resolution <= 512
        assert all(note.endswith(".") for note in notes)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < LARGEST_MEMORY


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1), junk=st.binary(max_size=8), cut=st.just(1) | st.floats(0.3, 1))
def test_changed_bytes(whole_file, place, junk, cut):
    content = bytearray(whole_file.read_bytes())
    start = int(place * len(content))
    content[start : start + len(junk)] = junk
    damaged = whole_file.with_name("damaged.occ")
    damaged.write_bytes(content[: int(cut * len(content))])
    loads_or_says_so(damaged)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(member=st.integers(0, 20), place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=4))
def test_changed_members_with_right_checksums(whole_file, member, place, junk):
    with zipfile.ZipFile(whole_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = sorted(members)[member % len(members)]
    content = bytearray(members[name])
    start = int(place * len(content))
    content[start : start + len(junk)] = junk
    write(whole_file.with_name("damaged.occ"), members | {name: bytes(content)})
    loads_or_says_so(whole_file.with_name("damaged.occ"))


value = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**30, -(10**30), 1e308, float("nan"), float("inf"), "", "x\n\0", "9" * 999]),
    st.just([]),
    st.just({}),
    st.just([[[[1]]]]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_changed_values(whole_file, data):
    with zipfile.ZipFile(whole_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    contents = json.loads(members["session.json"])
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(slots(contents))))
        if data.draw(st.booleans()):
            holder[key] = data.draw(value)
        else:
            del holder[key]
    members["session.json"] = json.dumps(contents).encode()
    write(whole_file.with_name("damaged.occ"), members)
    loads_or_says_so(whole_file.with_name("damaged.occ"))


def test_json_that_is_nested_absurdly(whole_file):
    with zipfile.ZipFile(whole_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["session.json"] = b"[" * 100_000
    write(whole_file.with_name("damaged.occ"), members)
    with pytest.raises(DocumentError, match="damaged"):
        load_session(whole_file.with_name("damaged.occ"))


def slots(data):
    """Every place of a JSON object in which a value stands."""
    keys = list(data) if isinstance(data, dict) else range(len(data))
    for key in keys:
        yield data, key
        if isinstance(data[key], dict | list):
            yield from slots(data[key])


def write(path, members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    path.write_bytes(content.getvalue())
