import numpy as np
import pytest
import trimesh

pytest.importorskip("embreex")

from occviewer.errors import DataError
from occviewer.training import labelling
from occviewer.training.labelling import (
    THINNEST,
    SampleCounts,
    ShapeLabeller,
    label_shape,
    normalise,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look at fewer points of the surface: the meshes here are simple."""
    monkeypatch.setattr(labelling, "_FIRST_SAMPLES", 4_000)


FEW = SampleCounts(uniform=3_000, near=2_000, surface=1_000)


def triangles_of(mesh):
    vertices, _, _ = normalise(mesh.vertices)
    return vertices[mesh.faces]


def labeller_of(mesh, watertight=None):
    watertight = mesh.is_watertight if watertight is None else watertight
    return ShapeLabeller(triangles_of(mesh), watertight=watertight, rng=np.random.default_rng(0))


def winding_number(triangles, points):
    """Van Oosterom and Strackee 1983, summed over the triangles."""
    total = np.zeros(len(points))
    for corners in triangles:
        a, b, c = corners[:, None] - points
        la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        numerator = np.einsum("ij,ij->i", a, np.cross(b, c))
        denominator = la * lb * lc + lc * (a * b).sum(1) + la * (b * c).sum(1) + lb * (c * a).sum(1)
        total += 2 * np.arctan2(numerator, denominator)
    return total / (4 * np.pi)


def queries(count=2_000, seed=5):
    return np.random.default_rng(seed).uniform(-0.55, 0.55, (count, 3))


def box(extents, at=(0, 0, 0)):
    return trimesh.creation.box(extents, trimesh.transformations.translation_matrix(at))


def table(leg):
    legs = [box((leg, 0.6, leg), (x, -0.32, z)) for x in (-0.4, 0.4) for z in (-0.25, 0.25)]
    return trimesh.util.concatenate([box((1, 0.06, 0.7)), *legs])


def cup(tilt=0.0):
    """A deep beaker: an outer wall, an inner wall, open above."""
    profile = [(0, 0), (0.2, 0), (0.2, 1), (0.16, 1), (0.16, 0.05), (0, 0.05)]
    mesh = trimesh.creation.revolve(np.array(profile), sections=16)  # about z
    mesh.merge_vertices()
    mesh.apply_transform(trimesh.transformations.rotation_matrix(tilt - np.pi / 2, (1, 0, 0)))
    return mesh


SOLIDS = {
    "box": box((1, 0.5, 0.8)),
    "sphere": trimesh.creation.icosphere(subdivisions=2),
    "torus": trimesh.creation.torus(1.0, 0.3, major_sections=24, minor_sections=12),
    "table with thin legs": table(leg=0.03),
    "overlapping parts": trimesh.util.concatenate([box((1, 0.3, 0.3)), box((0.3, 1, 0.4))]),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_labels_of_solids_are_those_of_the_winding_number(name):
    mesh = SOLIDS[name]
    assert mesh.is_watertight
    points = queries()
    expected = winding_number(triangles_of(mesh), points) > 0.5
    assert expected.any()
    assert (labeller_of(mesh).inside(points) == expected).all()


def test_labels_near_the_surface_are_those_of_the_winding_number():
    triangles = triangles_of(SOLIDS["table with thin legs"])
    shape = label_shape(triangles, watertight=True, rng=np.random.default_rng(1), counts=FEW)
    points = shape.near.astype(float)
    # On the surface itself, where rounding decides, both answers are right.
    sides = [winding_number(triangles, points + step) > 0.5 for step in (-1e-4, 1e-4)]
    clear = sides[0] == sides[1]
    assert clear.mean() > 0.95
    assert (shape.near_inside == sides[0])[clear].all()


def test_faces_turned_inside_out_change_no_label_and_no_normal():
    right = SOLIDS["overlapping parts"]
    wrong = right.copy()
    wrong.faces[:12] = wrong.faces[:12, ::-1]
    points = queries()
    one, other = labeller_of(right), labeller_of(wrong)
    assert (other.inside(points) == one.inside(points)).all()
    surface, normals = other.sample_surface(1_000)
    assert one.inside(surface + 0.002 * normals).mean() < 0.01
    assert one.inside(surface - 0.002 * normals).mean() > 0.99


@pytest.mark.parametrize("inverted", [False, True])
def test_normals_point_outward(inverted):
    ball = trimesh.creation.icosphere(subdivisions=3)
    if inverted:
        ball.invert()
    surface, normals = labeller_of(ball).sample_surface(500)
    cosine = np.einsum("ij,ij->i", surface / np.linalg.norm(surface, axis=1)[:, None], normals)
    assert cosine.min() > 0.95


@pytest.mark.parametrize("tilt", [0.0, 0.4])
def test_a_deep_beaker_is_hollow(tilt):
    mesh = cup(tilt)
    assert mesh.is_watertight
    triangles = triangles_of(mesh)
    points = queries()
    winding = winding_number(triangles, points)
    labeller = labeller_of(mesh)
    labels = labeller.inside(points)
    assert (labels == (winding > 0.5)).mean() > 0.995
    assert labels[winding > 0.5].all()
    axis = trimesh.transformations.rotation_matrix(tilt - np.pi / 2, (1, 0, 0))[:3, 2]
    _, scale, centre = normalise(mesh.vertices)
    cavity = (np.linspace(0.1, 0.95, 50)[:, None] * axis - centre) * scale
    assert labeller.inside(cavity).mean() <= 0.04


def test_a_sheet_is_thickened_to_one_cell_of_64():
    sheet = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], [[0, 1, 2], [0, 2, 3]])
    labeller = labeller_of(sheet)
    places = np.random.default_rng(0).uniform(-0.48, 0.48, (2_000, 3))
    for height, expected in ((0.0, True), (0.4, True), (-0.4, True), (0.6, False), (-0.6, False)):
        places[:, 1] = height * THINNEST
        assert (labeller.inside(places) == expected).mean() > 0.995, height


def test_a_board_thinner_than_a_cell_gets_the_thickness_of_a_cell():
    board = box((1, 0.002, 0.8))
    labeller = labeller_of(board)
    places = np.random.default_rng(0).uniform(-0.38, 0.38, (1_000, 3))
    for height, expected in ((0.0, True), (0.4, True), (0.75, False)):
        places[:, 1] = height * THINNEST
        assert (labeller.inside(places) == expected).mean() > 0.99, height


def test_a_board_thicker_than_a_cell_is_not_thickened():
    board = box((1, 1.5 * THINNEST, 0.8))
    labeller = labeller_of(board)
    places = np.random.default_rng(0).uniform(-0.38, 0.38, (1_000, 3))
    for height, expected in ((0.70, True), (0.80, False)):
        places[:, 1] = height * THINNEST
        assert (labeller.inside(places) == expected).all(), height


def test_legs_thinner_than_a_cell_do_not_break():
    legs = labeller_of(table(leg=0.003))
    heights = np.linspace(-0.25, 0.25, 400)
    axis = np.stack([np.full(400, 0.4), heights, np.full(400, 0.25)], 1)
    assert legs.inside(axis).mean() > 0.99
    assert not legs.inside(axis + [1.5 * THINNEST, 0, 0]).any()


def test_a_closed_cabinet_is_filled():
    sides = [box((0.02, 1, 0.5), (x, 0, 0)) for x in (-0.3, 0.3)]
    sides += [box((0.6, 0.02, 0.5), (0, y, 0)) for y in (-0.49, 0.49)]
    sides += [box((0.6, 1, 0.02), (0, 0, z)) for z in (-0.24, 0.24)]
    points = np.random.default_rng(0).uniform((-0.25, -0.45, -0.2), (0.25, 0.45, 0.2), (500, 3))
    assert labeller_of(trimesh.util.concatenate(sides)).inside(points).all()


def test_a_sofa_that_was_modelled_without_a_bottom_is_filled():
    sofa = box((1, 0.4, 0.5))
    sofa.update_faces(sofa.face_normals[:, 1] > -0.5)
    assert not sofa.is_watertight
    points = queries()
    labels = labeller_of(sofa).inside(points)
    within = (np.abs(points) < (0.5, 0.2, 0.25)).all(1)
    assert labels[within].mean() > 0.99
    around = (np.abs(points) < np.array((0.5, 0.2, 0.25)) + THINNEST).all(1)
    assert not labels[~around].any()


def test_a_camera_sees_the_front_of_a_ball_and_not_its_back():
    triangles = triangles_of(trimesh.creation.icosphere(subdivisions=3))
    shape = label_shape(triangles, watertight=True, rng=np.random.default_rng(2), counts=FEW)
    surface, normals = shape.surface.astype(float), shape.normals.astype(float)
    for camera, visible in zip(shape.cameras, shape.visible, strict=True):
        towards = camera - surface
        cosine = np.einsum("ij,ij->i", towards, normals) / np.linalg.norm(towards, axis=1)
        clear = np.abs(cosine) > 0.1
        assert (visible == (cosine > 0))[clear].mean() > 0.995


def test_the_arrays_have_the_documented_shapes_and_one_seed_gives_one_result():
    triangles = triangles_of(SOLIDS["box"])
    one, again = (
        label_shape(triangles, watertight=True, rng=np.random.default_rng(3), counts=FEW)
        for _ in range(2)
    )
    assert one.uniform.shape == (3_000, 3)
    assert one.uniform.dtype == np.float16
    assert one.uniform_inside.shape == (3_000,)
    assert one.near.shape == (2_000, 3)
    assert one.surface.shape == one.normals.shape == (1_000, 3)
    assert one.visible.shape == (len(one.cameras), 1_000)
    low, high = one.bounds
    assert (one.uniform >= low.astype(np.float16)).all()
    assert (one.uniform <= high.astype(np.float16)).all()
    assert np.allclose(np.linalg.norm(one.normals.astype(float), axis=1), 1, atol=2e-3)
    for name, array in vars(one).items():
        assert np.array_equal(array, getattr(again, name)), name


def test_normalising_gives_longest_side_one_and_can_be_undone():
    vertices = np.random.default_rng(0).uniform((5, 1, -2), (9, 2, -1), (50, 3))
    box_vertices, scale, centre = normalise(vertices)
    assert np.ptp(box_vertices, axis=0).max() == pytest.approx(1)
    assert np.allclose(box_vertices.max(0) + box_vertices.min(0), 0)
    assert np.allclose(box_vertices / scale + centre, vertices)


@pytest.mark.parametrize(
    ("vertices", "said"),
    [
        (np.zeros((0, 3)), "no vertices"),
        (np.full((3, 3), np.nan), "not finite"),
        (np.ones((4, 3)), "on one point"),
    ],
)
def test_vertices_that_span_nothing_are_refused(vertices, said):
    with pytest.raises(DataError, match=said):
        normalise(vertices)


def test_a_mesh_without_area_is_refused():
    line = np.array([[[0, 0, 0], [0.5, 0, 0], [1, 0, 0]]], float)
    with pytest.raises(DataError, match="no triangle with an area"):
        label_shape(line, watertight=False, rng=np.random.default_rng(0), counts=FEW)
