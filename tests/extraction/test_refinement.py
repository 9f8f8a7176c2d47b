import math

import numpy as np
import pytest

from occviewer.errors import ExtractionError
from occviewer.extraction import extract, extract_with_report

from .fields import AnalyticField, Gyroid, Sphere, Torus


class Cubed(AnalyticField):
    """A sphere whose logits are far from straight across the surface."""

    def inside(self, points):
        distance = 0.4 - np.linalg.norm(points, axis=1)
        return np.where(distance > 0, 9 * distance, distance) + 300 * distance**3


def test_refined_vertices_lie_on_the_surface():
    rough, fine = (extract(Cubed(), 32, refine=steps) for steps in (0, 6))
    errors = [np.abs(np.linalg.norm(mesh.vertices, axis=1) - 0.4) for mesh in (rough, fine)]
    assert errors[0].max() > 5e-3  # a sixth of a cell
    assert errors[1].max() < 5e-4
    assert np.median(errors[1]) < 2e-4
    assert fine.is_watertight
    assert len(fine.faces) == len(rough.faces)


def test_refinement_costs_its_steps_at_each_vertex():
    plain, refined = (
        extract_with_report(Sphere(), 32, refine=steps, normals=False)[1] for steps in (0, 3)
    )
    assert refined.points_asked - plain.points_asked == 3 * plain.vertices


def angles_to_truth(mesh):
    """Degrees between the normals of a torus and what they should be."""
    ring = mesh.vertices.astype(np.float64) * [1, 0, 1]
    ring *= 0.32 / np.linalg.norm(ring, axis=1, keepdims=True)
    truth = mesh.vertices - ring
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    cosine = np.einsum("nd,nd->n", truth, mesh.normals)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@pytest.mark.parametrize(("steps", "limit"), [(0, 2.0), (2, 0.2)])
def test_normals_are_those_of_the_torus(steps, limit):
    angles = angles_to_truth(extract(Torus(), 64, refine=steps))
    assert np.median(angles) < limit


def test_normals_without_refinement_ask_nothing():
    with_normals, without = (extract_with_report(Torus(), 64, normals=n)[1] for n in (True, False))
    assert with_normals.points_asked == without.points_asked


def test_a_refined_shape_that_leaves_the_box_keeps_its_flat_lids():
    mesh = extract(Gyroid(), 40, refine=2)
    assert mesh.is_watertight
    lid = (mesh.vertices[:, 1] > 0.55 - 1e-4 * 1.1 / 40) & (mesh.normals[:, 1] > 0.99)
    assert lid.sum() > 100
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1, abs=1e-4)


class Steps(AnalyticField):
    def logits(self, points):
        return np.where(np.linalg.norm(points, axis=1) < 0.4, np.inf, -np.inf).astype(np.float32)


def test_a_hard_occupancy_is_refined_by_halving():
    mesh = extract(Steps(), 32, refine=8)
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - 0.4).max() < 1e-3
    assert np.isfinite(mesh.normals).all()
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * 0.4**3, rel=5e-3)


def test_steps_cannot_be_negative():
    with pytest.raises(ExtractionError, match="-1 steps"):
        extract(Sphere(), 32, refine=-1)
