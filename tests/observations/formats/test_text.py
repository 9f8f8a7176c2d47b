import numpy as np
import pytest

from occviewer.errors import ObservationError

POINTS = [[1.5, 2.5, 3.5], [-4.0, 5e-3, 6.0], [7.0, 8.0, 9.25]]


@pytest.mark.parametrize(
    "text",
    [
        "1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25\n",
        "1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25",
        "  1.5   2.5\t3.5 \r\n\r\n-4 5E-3 +6\r\n7 8 9.25\r\n",
        "1.5 2.5 3.5\r-4 5e-3 6\r7 8 9.25\r",
        "1.5\t2.5\t3.5\n-4\t5e-3\t6\n7\t8\t9.25\n",
        "1.5,2.5,3.5\n-4,5e-3,6\n7,8,9.25\n",
        "1.5, 2.5, 3.5,\n-4, 5e-3, 6,\n7, 8, 9.25,\n",
        "1.5;2.5;3.5\n-4;5e-3;6\n7;8;9.25\n",
        '"1.5","2.5","3.5"\n"-4","5e-3","6"\n"7","8","9.25"\n',
        "\ufeff1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25\n",
        "# scan\n// of a chair\n\n1.5 2.5 3.5 # first\n-4 5e-3 6\n# between\n7 8 9.25\n",
        "3\n1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25\n",
        "x y z\n1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25\n",
        "Scan 01 of a chair\n1.5 2.5 3.5\n-4 5e-3 6\n7 8 9.25\n",
        "X,Y,Z\n1.5,2.5,3.5\n-4,5e-3,6\n7,8,9.25\n",
        "# header\rx y z\r1.5 2.5 3.5\r-4 5e-3 6\r7 8 9.25",
    ],
)
def test_delimiters_headers_comments_and_line_ends(load, text):
    cloud = load("a.txt", text.encode())
    np.testing.assert_array_equal(cloud.points, POINTS)
    assert cloud.notes == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,5;2,5;3,5\n-4;0,005;6\n7;8;9,25\n", "with semicolons between"),
        ("1,5 2,5 3,5\n-4 0,005 6\n7 8 9,25\n", "with blanks between"),
        ("1,5\t2,5\t3,5\n-4\t0,005\t6\n7\t8\t9,25\n", "with tabs between"),
    ],
)
def test_decimal_commas(load, text, words):
    cloud = load("a.csv", text.encode())
    np.testing.assert_array_equal(cloud.points, POINTS)
    assert cloud.notes[0].startswith("read commas as decimal points")
    assert words in cloud.notes[0]


def test_columns_are_found_by_their_names(load):
    text = 'id;"Z";Red;Green;Blue;X;Y;nx;ny;nz\n1;3;10;20;30;1;2;0;0;1\n2;6;40;50;60;4;5;0;1;0\n'
    cloud = load("a.csv", text.encode())
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(cloud.colors, [[10, 20, 30], [40, 50, 60]])
    np.testing.assert_array_equal(cloud.normals, [[0, 0, 1], [0, 1, 0]])
    assert cloud.notes[0].startswith("read 10 columns as 'id' 'Z' 'Red'")


def test_names_may_stand_in_a_comment(load):
    text = "# made by a scanner\n//X Y Z Nx Ny Nz\n1 2 3 0 0 1\n4 5 6 0 1 0\n"
    np.testing.assert_array_equal(load("a.asc", text.encode()).normals, [[0, 0, 1], [0, 1, 0]])


@pytest.mark.parametrize(
    ("rows", "roles", "has_normals", "has_colors"),
    [
        ("1 2 3 0.5\n4 5 6 0.25\n", "x y z (ignored)", False, False),
        ("1 2 3 0 0 1\n4 5 6 0.6 0.8 0\n", "x y z nx ny nz", True, False),
        ("1 2 3 0 0 200\n4 5 6 10 20 30\n", "x y z red green blue", False, True),
        ("1 2 3 0 0.1 1\n4 5 6 0.2 0.3 0.3\n", "x y z red green blue", False, True),
        ("1 2 3 0.5 9 8 7\n4 5 6 0.7 1 2 3\n", "x y z (ignored) red green blue", False, True),
        (
            "1 2 3 9 8 7 0 0 1\n4 5 6 1 2 3 0 1 0\n",
            "x y z red green blue nx ny nz",
            True,
            True,
        ),
        ("1 2 3 0 0 0\n4 5 6 0 0 0\n", "x y z (ignored) (ignored) (ignored)", False, False),
        ("1 2 3 -3 0 7000\n4 5 6 0 0 0\n", "x y z (ignored) (ignored) (ignored)", False, False),
    ],
)
def test_unnamed_columns_are_told_by_their_values(load, rows, roles, has_normals, has_colors):
    cloud = load("a.xyz", rows.encode())
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])
    assert (cloud.normals is not None, cloud.colors is not None) == (has_normals, has_colors)
    columns = len(rows.split("\n")[0].split())
    assert cloud.notes[0] == f"read {columns} columns as {roles}"


def test_in_pts_files_the_intensity_stands_before_the_colour(load):
    cloud = load("a.pts", b"2\n1 2 3 40 10 20 30\n4 5 6 50 1 2 3\n")
    assert cloud.colors.tolist() == [[10, 20, 30], [1, 2, 3]]


def test_nan_rows_are_dropped(load):
    cloud = load("a.xyz", b"1 2 3\nnan nan nan\n4 5 inf\n")
    assert cloud.notes == ("dropped 2 non-finite points",)


def test_more_text_than_fits_into_one_block(load):
    points = np.round(np.random.default_rng(0).random((120_000, 3)), 6)
    text = "\n".join(f"{x:.6f} {y:.6f} {z:.6f}" for x, y, z in points.tolist())
    np.testing.assert_array_equal(load("a.xyz", text.encode()).points, points)
    lines = text.split("\n")
    lines[100_000] = "1 2 three"
    with pytest.raises(ObservationError, match="'three' in line 100,001"):
        load("a.xyz", "\n".join(lines).encode())
    lines[100_000] = "1 2"
    with pytest.raises(ObservationError, match="2 values in line 100,001 where 3"):
        load("a.xyz", "\n".join(lines).encode())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 3\n4 five 6\n", "has 'five' in line 2 where a number belongs"),
        ("1 2 x\n4 5 6\n", "has 'x' in line 1 where a number belongs"),
        ("x y z\n1 2 3\n4 5\n", "has 2 values in line 3 where 3 belong"),
        ("1,2,3\n4,,6\n", "has 2 values in line 2"),
        ("1 2 3\n4 5 6 7\n8 9\n", "has 4 values in line 2"),
        ("1 2\n3 4\n", "has 2 columns in line 1"),
        ("1\n2\n3\n", "has 1 column in line 2"),
        ("these are\nnot numbers\nat all\n", "has 'these are' in line 1 where numbers belong"),
        ("12\nmethane\nC 0.0 0.0 0.0\n", "has 'C' in line 3"),
        ("# only\n# comments\n", "has '# only' in line 1 where numbers belong"),
        ("5\n1 2 3\n4 5 6\n", "declares 5 points but only 2 follow"),
        ("1 2 3 " * 800_000, "characters in line 1"),
    ],
)
def test_text_that_holds_no_points(load, text, words):
    with pytest.raises(ObservationError) as caught:
        load("a.txt", text.encode())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_or_strange_word_is_shortened(load):
    with pytest.raises(ObservationError) as caught:
        load("a.xyz", b"1 2 3\n1 2 " + b"\xff\xfe" * 5000 + b"\n")
    assert len(str(caught.value)) < 400
