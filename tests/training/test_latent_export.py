"""What the card says of a latent space."""

import pytest

from occviewer.models.info import ModelInfo
from occviewer.training.card import write_card
from occviewer.training.latent_card import latent_facts

NOTE = {
    "size": 192,
    "minutes": 60.0,
    "steps": 4000,
    "device": "cpu, 2 threads",
    "shapes": 3,
    "provenance": {"made-up": {"shapes": 3, "licences": {"MIT": 3}, "creators": ["Rules"]}},
    "scores": {
        "train": {"shapes": 100, "iou": 0.7512, "full_iou": 0.81, "thin": 0.555},
        "test": {"shapes": 76, "iou": 0.62, "full_iou": 0.703},
    },
}


def test_the_card_says_what_the_latent_vector_alone_gives():
    about, train, test = latent_facts(NOTE)
    assert about.startswith("- Latent space: 192 numbers, 60.0 minutes, 4000 steps, cpu, 2 threads")
    assert "train split, 100 whole clouds: IoU 0.751 (from all features 0.810), 56% of" in train
    assert "test split, 76 whole clouds: IoU 0.620" in test
    assert "thin" not in test


def test_the_card_says_how_lenient_it_is_where_it_is():
    assert len(latent_facts(NOTE)) == 3
    lenient = latent_facts({**NOTE, "leniency": 0.7})
    assert any("up to 0.7 logits below" in line for line in lenient)
    assert len(latent_facts({**NOTE, "leniency": 0.0})) == 3


def test_the_card_says_how_many_shapes_are_waypoints():
    assert any("past 1,234 of those" in line for line in latent_facts({**NOTE, "waypoints": 1234}))
    assert len(latent_facts({**NOTE, "waypoints": 0})) == 3


def test_the_card_says_of_how_many_steps_it_is_known_what_lies_between():
    with_steps = latent_facts({**NOTE, "waypoints": 1234, "neighbours": 16})
    assert any("hangs together (looked at for 16 each), and sliders" in line for line in with_steps)
    assert not any("hangs together" in line for line in latent_facts({**NOTE, "waypoints": 1234}))


@pytest.mark.parametrize("note", [None, "lost"])
def test_without_a_latent_space_it_says_nothing(note):
    assert latent_facts(note) == []


def test_who_made_shapes_that_only_the_latent_space_has_seen_is_credited(tmp_path):
    info = ModelInfo(name="toy", training={"latent": NOTE})
    write_card(tmp_path / "toy.md", info)
    text = (tmp_path / "toy.md").read_text()
    assert "- for the latent space: made-up, 3 shapes (3 MIT), by Rules\n" in text
