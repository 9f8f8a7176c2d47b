import json
from pathlib import Path

import pytest

from occviewer.errors import DataError
from occviewer.training.build import BuildOptions, build_dataset
from occviewer.training.manifest import note_failure, read_manifest, write_manifest
from occviewer.training.mesh_folder import axes_rotation, folder_sources
from occviewer.training.shape_file import read_record


@pytest.fixture
def prepare(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    (tmp_path / "marks").mkdir()
    monkeypatch.setenv("OCCVIEWER_TEST_MARKS", str(tmp_path / "marks"))
    import job_functions

    return job_functions.fake_prepare


@pytest.fixture
def meshes(tmp_path):
    folder = tmp_path / "meshes"
    folder.mkdir()
    for i in range(6):
        (folder / f"shape{i}.obj").write_text("good\n")
    return folder


def sources(folder, **options):
    settings = {"val_share": 0.1, "test_share": 0.1, "rotation": axes_rotation("y"), **options}
    return folder_sources(folder, **settings)


def build(folder, dataset, prepare, options=None, **about):
    return build_dataset(
        sources(folder, **about), dataset, BuildOptions(**(options or {})), prepare=prepare
    )


def contents(dataset):
    return {p.name: p.read_bytes() for p in dataset.rglob("*") if p.is_file()}


def labelled(tmp_path):
    return len(list((tmp_path / "marks").iterdir()))


def test_a_second_run_keeps_what_is_there_and_force_makes_it_again(meshes, tmp_path, prepare):
    first = build(meshes, tmp_path / "set", prepare)
    assert (len(first.prepared), len(first.kept), first.listed) == (6, 0, 6)
    second = build(meshes, tmp_path / "set", prepare)
    assert (second.prepared, len(second.kept), second.updated) == ([], 6, [])
    assert labelled(tmp_path) == 6
    third = build(meshes, tmp_path / "set", prepare, {"force": True})
    assert len(third.prepared) == 6
    assert labelled(tmp_path) == 12


def test_shards_give_the_whole_set_and_the_same_files(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "whole", prepare, {"workers": 2})
    sizes = []
    for index in range(3):
        report = build(meshes, tmp_path / "parts", prepare, {"shard": (index, 3)})
        sizes.append(len(report.prepared))
    assert sizes == [2, 2, 2]
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_a_crash_in_a_worker_is_listed_and_tried_again_by_the_next_run(meshes, tmp_path, prepare):
    (meshes / "shape2.obj").write_text("exit:5\n")
    report = build(meshes, tmp_path / "set", prepare, {"workers": 2})
    assert len(report.prepared) == 5
    (name,) = report.failed
    entries = {entry["name"]: entry for entry in read_manifest(tmp_path / "set")}
    assert entries[name]["status"] == "failed"
    assert entries[name]["reason"] == "ended its process (exit status 5)"
    assert entries[name]["source"] == "shape2.obj"
    (meshes / "shape2.obj").write_text("good\n")
    assert build(meshes, tmp_path / "set", prepare).prepared == [name]
    assert {e["status"] for e in read_manifest(tmp_path / "set")} == {"ok"}


def test_a_new_creator_goes_into_the_files_without_labelling_again(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "set", prepare)
    report = build(meshes, tmp_path / "set", prepare, creator="Ann", licence="CC0-1.0")
    assert (len(report.updated), report.prepared) == (6, [])
    assert labelled(tmp_path) == 6
    for entry in read_manifest(tmp_path / "set"):
        record = read_record(tmp_path / "set" / entry["file"])
        assert (record.creator, record.licence) == ("Ann", "CC0-1.0")
        assert (entry["creator"], entry["licence"]) == ("Ann", "CC0-1.0")


def test_another_up_axis_labels_again(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "set", prepare, rotation=axes_rotation("y"))
    report = build(meshes, tmp_path / "set", prepare, rotation=axes_rotation("z"))
    assert len(report.prepared) == 6


def test_a_shape_that_was_cut_off_is_made_again_and_leftovers_go(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "set", prepare)
    shapes = sorted((tmp_path / "set/shapes").iterdir())
    shapes[0].write_bytes(shapes[0].read_bytes()[:100])
    (shapes[0].parent / f".{shapes[1].name}.4711").write_bytes(b"half")
    entries = write_manifest(tmp_path / "set")
    assert [e["status"] for e in entries].count("failed") == 1
    report = build(meshes, tmp_path / "set", prepare)
    assert report.prepared == [shapes[0].stem]
    assert sorted((tmp_path / "set/shapes").iterdir()) == shapes


def test_the_manifest_has_one_object_a_line_by_name(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "set", prepare)
    lines = (tmp_path / "set/manifest.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [e["name"] for e in entries] == sorted(e["name"] for e in entries)
    assert all((tmp_path / "set" / e["file"]).is_file() for e in entries)
    wanted = {"name", "category", "split", "source", "creator", "licence", "issues", "status"}
    assert wanted <= set(entries[0])


def test_a_shape_that_is_there_counts_more_than_an_old_failure(meshes, tmp_path, prepare):
    build(meshes, tmp_path / "set", prepare)
    record = next(iter(sources(meshes))).record
    note_failure(tmp_path / "set", record, "old")
    assert {e["status"] for e in write_manifest(tmp_path / "set")} == {"ok"}


def test_two_sources_with_one_name_are_refused(meshes, tmp_path, prepare):
    twice = [*sources(meshes), *sources(meshes)]
    with pytest.raises(DataError, match="would both become"):
        build_dataset(twice, tmp_path / "set", BuildOptions(), prepare=prepare)


def test_a_data_set_that_cannot_be_written_is_named(meshes, tmp_path, prepare):
    (tmp_path / "set").write_text("a file")
    with pytest.raises(DataError, match="set cannot be written"):
        build(meshes, tmp_path / "set", prepare)


def test_a_missing_manifest_is_named_with_the_remedy(tmp_path):
    with pytest.raises(DataError, match="manifest.jsonl cannot be read.*again"):
        read_manifest(tmp_path)
