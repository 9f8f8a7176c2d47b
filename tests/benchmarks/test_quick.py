"""The quick benchmarks run and count right; time is not looked at."""

import json

import pytest

from occviewer import cli
from occviewer.benchmarks.tables import format_extraction, format_live


@pytest.mark.slow
def test_extraction(capsys, tmp_path):
    weights = tmp_path / "chair.safetensors"
    command = ["bench", "extraction", "--quick", "--large", "--device", "cpu"]
    assert cli.main([*command, "--weights", str(weights), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machine"]["torch"]
    assert [row["network"] for row in found["rows"]] == ["onet", "furniture"]
    for row in found["rows"]:
        assert row["ours"]["sign_differences"] == 0
        assert row["ours"]["points"] >= row["needed_points"] > 1000
        assert row["reference"]["points"] > 33**3
        assert row["ours"]["seconds"] > 0
    assert [row["resolution"] for row in found["large"]] == [32, 64]
    assert weights.exists()

    table = format_extraction(found)
    assert "reference" in table
    assert f"{found['rows'][0]['ours']['points']:,}" in table


def test_live(capsys):
    assert cli.main(["bench", "live", "--quick", "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [path["way"] for path in found["path"]] == ["slider", "morph"]
    for path in found["path"]:
        assert path["p95_ms"] >= path["median_ms"] > 0
        assert path["edit_ms"] > 0
        assert path["triangles"] > 500
    assert found["scan"]["seconds"] > 0
    assert [lock["backend"] for lock in found["lock"]] == ["flying_edges", "pymcubes"]
    assert min(lock["longest_ms"] for lock in found["lock"]) >= 0

    assert "scan to mesh at 32" in format_live(found)


@pytest.mark.parametrize("what", ["extraction", "live"])
def test_a_model_that_does_not_exist_is_said(what, capsys):
    assert cli.main(["bench", what, "--model", "nosuch"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "no model named 'nosuch'" in said.err


@pytest.mark.parametrize("arguments", [[], ["speed"], ["live", "--large"]])
def test_what_cannot_be_measured_is_a_usage_error(arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(["bench", *arguments])
    assert stop.value.code == 2
