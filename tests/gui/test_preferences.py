"""What the program remembers."""

from pathlib import Path


def test_the_latest_file_comes_first_and_missing_ones_are_dropped(preferences, tmp_path):
    files = [tmp_path / f"{number}.occ" for number in range(12)]
    for file in files:
        file.touch()
        preferences.add_recent(file)
    preferences.add_recent(files[5])
    latest = [files[5], *reversed(files[6:]), *reversed(files[2:5])]
    assert preferences.recent == latest[:10]
    files[11].unlink()
    assert files[11] not in preferences.recent


def test_a_recent_file_that_may_not_be_looked_at_stops_nothing(preferences, tmp_path, monkeypatch):
    here, closed = tmp_path / "here.occ", tmp_path / "closed" / "there.occ"
    closed.parent.mkdir()
    for file in (closed, here):
        file.touch()
        preferences.add_recent(file)
    stat = Path.stat

    def refused(path, **options):
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    # Whoever runs the tests as root may look everywhere.
    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr("os.stat", lambda path, **options: refused(Path(path), **options))
    assert preferences.recent[0] == here
