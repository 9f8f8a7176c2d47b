import json

import pytest

from occviewer.training.scores import ALL, ShapeScore, format_tables, summarise


def score(name, category, kind, **values):
    return ShapeScore(name, category, kind, values)


SCORES = [
    score("c1", "chair", "whole", iou=0.9, chamfer_l1=0.01, normal_consistency=0.95, f_score=0.8),
    score("c2", "chair", "whole", iou=0.7, chamfer_l1=0.03, normal_consistency=0.85, f_score=0.6),
    score("t1", "table", "whole", iou=0.2, chamfer_l1=0.02, normal_consistency=0.9, f_score=0.4),
    score("c1", "chair", "view", iou=0.5, chamfer_l1=0.04, normal_consistency=0.8, f_score=0.3),
    score("c2", "chair", "view", iou=0.4, chamfer_l1=0.06, normal_consistency=0.7, f_score=0.2),
    score("t1", "table", "view", iou=0.3, chamfer_l1=0.05, normal_consistency=0.6, f_score=0.1),
]


def test_means_are_taken_by_class_and_over_all_shapes():
    table = summarise(SCORES)
    assert list(table) == ["chair", "table", ALL]
    assert table["chair"]["shapes"] == 2
    assert table["chair"]["whole"]["iou"] == 0.8
    assert table["table"]["view"]["chamfer_l1"] == 0.05
    assert table[ALL]["shapes"] == 3
    assert table[ALL]["whole"]["iou"] == 0.6  # of three shapes, not of two classes
    assert table[ALL]["view"]["f_score"] == 0.2
    assert "half" not in table[ALL]


def test_shapes_of_two_data_sets_with_one_name_are_two():
    table = summarise([score("a", "chair", "whole", iou=i) for i in (0.0, 1.0)])
    assert table[ALL] == {"shapes": 2, "whole": {"iou": 0.5}}


def test_the_table_survives_json():
    table = summarise(SCORES)
    assert json.loads(json.dumps(table)) == table


def test_nothing_has_no_mean():
    with pytest.raises(ValueError, match="no scores"):
        summarise([])


def test_markdown_has_one_table_for_each_kind_of_observation():
    text = format_tables(summarise(SCORES))
    whole, view = text.split("**One view**")
    assert whole.splitlines() == [
        "**Whole cloud**",
        "",
        "| class | shapes | IoU | Chamfer-L1 | normal consistency | F-score at 1 % |",
        "|---|---:|---:|---:|---:|---:|",
        "| chair | 2 | 0.800 | 0.0200 | 0.900 | 0.700 |",
        "| table | 1 | 0.200 | 0.0200 | 0.900 | 0.400 |",
        "| **all** | 3 | 0.600 | 0.0200 | 0.900 | 0.600 |",
        "",
    ]
    assert "| table | 1 | 0.300 | 0.0500 | 0.600 | 0.100 |" in view


def test_measures_that_were_not_taken_have_no_column():
    text = format_tables(summarise([score("a", "chair", "half", iou=0.5)]))
    assert "| class | shapes | IoU |" in text
    assert "Chamfer" not in text
    assert "**Half cut away**" in text
