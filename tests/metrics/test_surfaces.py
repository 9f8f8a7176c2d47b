import math

import numpy as np
import pytest

from occviewer.meshes import Mesh, sample_surface
from occviewer.metrics import chamfer_l1, compare_meshes, f_score, normal_consistency


def on_sphere(count, radius, seed):
    directions = np.random.default_rng(seed).normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return radius * directions, directions


def cube(side=0.5, shift=0.0):
    corners = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    faces = [[q[0], q[i], q[i + 1]] for q in quads for i in (1, 2)]
    return Mesh(side * (corners - 0.5) + shift, np.array(faces))


def test_concentric_spheres_are_their_gap_apart():
    inner, outer = on_sphere(40_000, 0.30, 1)[0], on_sphere(40_000, 0.34, 2)[0]
    # A little more than the gap, as the nearest sample is not straight above.
    assert chamfer_l1(inner, outer) == pytest.approx(0.04, abs=0.001)


def test_chamfer_is_the_mean_of_both_directions():
    # Predicted points are on the truth; half of the truth is 1 away from them.
    predicted, truth = [[0, 0, 0]], [[0, 0, 0], [1, 0, 0]]
    assert chamfer_l1(predicted, truth) == pytest.approx((0.0 + 0.5) / 2)


def test_points_compared_with_themselves_are_perfect():
    points, normals = on_sphere(2000, 0.4, 3)
    assert chamfer_l1(points, points) == 0.0
    assert normal_consistency(points, normals, points, normals) == pytest.approx(1.0)
    assert f_score(points, points) == 1.0


def test_turned_normals_count_as_consistent_and_crossed_ones_do_not():
    points = np.array([[0.0, 0, 0]])
    up, down, side = np.array([[0, 1.0, 0]]), np.array([[0, -1.0, 0]]), np.array([[1.0, 0, 0]])
    assert normal_consistency(points, up, points, down) == pytest.approx(1.0)
    assert normal_consistency(points, up, points, side) == pytest.approx(0.0)


def test_f_score_is_the_harmonic_mean_of_precision_and_recall():
    predicted = [[0, 0, 0], [0.005, 0, 0], [0.3, 0, 0], [0.4, 0, 0]]  # precision 2 of 4
    truth = [[0, 0, 0], [0.9, 0, 0], [0.6, 0.3, 0]]  # recall 1 of 3
    assert f_score(predicted, truth) == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))


def test_f_score_threshold_is_a_distance():
    assert f_score([[0, 0, 0]], [[0.02, 0, 0]]) == 0.0
    assert f_score([[0, 0, 0]], [[0.02, 0, 0]], threshold=0.03) == 1.0


def test_a_mesh_against_its_own_surface():
    mesh = cube()
    truth = sample_surface(mesh, 50_000, np.random.default_rng(7))
    scores = compare_meshes(mesh, *truth, samples=50_000)
    assert scores.chamfer_l1 < 0.003  # the spacing of the samples
    assert scores.normal_consistency > 0.99
    assert scores.f_score == pytest.approx(1.0, abs=1e-3)


def test_a_missing_half_costs_completeness_and_recall_only():
    first, second = cube(0.2, -0.3), cube(0.2, 0.3)
    both = Mesh(
        np.concatenate([first.vertices, second.vertices]),
        np.concatenate([first.faces, second.faces + len(first.vertices)]),
    )
    truth = sample_surface(both, 20_000, np.random.default_rng(7))
    scores = compare_meshes(first, *truth, samples=20_000)
    assert scores.accuracy < 0.003
    assert scores.precision > 0.99
    assert scores.recall == pytest.approx(0.5, abs=0.02)
    assert scores.completeness > 0.3
    assert scores.chamfer_l1 == pytest.approx((scores.accuracy + scores.completeness) / 2)


def test_scores_repeat():
    truth = sample_surface(cube(), 1000, np.random.default_rng(7))
    assert compare_meshes(cube(), *truth, samples=1000) == compare_meshes(
        cube(), *truth, samples=1000
    )


def test_an_empty_mesh_has_the_worst_scores():
    points, normals = on_sphere(100, 0.4, 3)
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3), int))
    scores = compare_meshes(empty, points, normals)
    assert scores.chamfer_l1 == pytest.approx(math.sqrt(3))
    assert scores.normal_consistency == -1
    assert scores.f_score == 0
    assert chamfer_l1(np.empty((0, 3)), points) == pytest.approx(math.sqrt(3))
    assert f_score(np.empty((0, 3)), points) == 0


def test_normals_must_fit_the_points():
    points, normals = on_sphere(100, 0.4, 3)
    with pytest.raises(ValueError, match="do not fit"):
        compare_meshes(cube(), points, normals[:50])
