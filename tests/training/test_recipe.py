import pytest

from occviewer.assets import resources
from occviewer.errors import DataError
from occviewer.training.network_setup import fresh_network
from occviewer.training.recipe import find_recipe, load_recipe

from .tiny import tiny_recipe

SHIPPED = sorted(path.stem for path in (resources() / "recipes").glob("*.toml"))
NETWORK = '[network]\narchitecture = "onet"\n'


def load(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_recipe(path)


def test_the_three_architectures_have_a_recipe():
    assert SHIPPED == ["convonet", "house", "onet"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_that_ships_builds_its_network_for_the_points_it_trains_with(name):
    recipe = load_recipe(find_recipe(name))
    network = fresh_network(recipe.network, recipe.examples.points)
    assert network.architecture == name
    assert network.point_count == recipe.examples.points


def test_recipes_that_ship_train_for_the_same_time():
    minutes = {load_recipe(find_recipe(name)).optimisation.minutes for name in SHIPPED}
    assert len(minutes) == 1


def test_a_network_is_for_as_many_points_as_the_examples_have_unless_it_says_so():
    assert fresh_network({"architecture": "onet"}, 77).point_count == 77
    assert fresh_network({"architecture": "onet", "point_count": 5}, 77).point_count == 5


def test_a_file_is_read_with_all_its_settings(toml):
    expected = tiny_recipe(steps=7, learning_rate=0.01, validate_every=2.5)
    assert load_recipe(toml(steps=7, learning_rate=0.01, validate_every=2.5)) == expected


def test_what_is_left_out_takes_its_default(tmp_path):
    recipe = load(tmp_path, NETWORK + "[weights]\nlamp = 2\n")
    assert recipe.weights == {"lamp": 2.0}
    assert recipe.optimisation.batch == 8
    assert recipe.examples.mix.noise == 0.01


def test_a_whole_number_may_stand_for_a_number(tmp_path):
    recipe = load(tmp_path, NETWORK + "[optimisation]\nminutes = 3\nbatch = 4.0\n")
    assert (recipe.optimisation.minutes, recipe.optimisation.batch) == (3.0, 4)
    assert isinstance(recipe.optimisation.batch, int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a table .network. with an architecture"),
        ("[network]\nchannels = 3\n", "needs a table .network. with an architecture"),
        ('network = "onet"\n', "needs a table .network."),
        (NETWORK + "[optimisation]\nminuets = 3\n", "unknown setting 'minuets'; known: minutes,"),
        (NETWORK + "[examples.mix]\nfront = 1\n", r"\[mix\] has an unknown setting 'front'"),
        ("sede = 1\n" + NETWORK, "unknown setting 'sede'"),
        (NETWORK + "[optimisation]\nbatch = 1.5\n", "'batch' must be a whole number, not 1.5"),
        (NETWORK + '[optimisation]\nminutes = "long"\n', "'minutes' must be a number, not 'long'"),
        (NETWORK + "[optimisation]\nminutes = true\n", "'minutes' must be a number, not True"),
        (NETWORK + "[optimisation]\nminutes = inf\n", "'minutes' must be a number, not inf"),
        (NETWORK + "[optimisation]\nsteps = nan\n", "'steps' must be a whole number, not nan"),
        (NETWORK + "[examples.augmentation]\nmirror = 1\n", "'mirror' must be true or false"),
        ("optimisation = 5\n" + NETWORK, "'optimisation' must be a table, not 5"),
        ("weights = 5\n" + NETWORK, "'weights' must be a table, not 5"),
        (NETWORK + '[weights]\nlamp = "x"\n', r"\[weights\]: 'lamp' must be a number, not 'x'"),
        (NETWORK + "[weights]\nlamp = -1\n", "weights must be 0 or more"),
        (NETWORK + "[optimisation]\nminutes = 0\n", "minutes must be more than 0"),
        (NETWORK + "[optimisation]\nsteps = -1\n", "steps must be 0 or more"),
        (NETWORK + "[optimisation]\naverage = 1\n", "average must be at least 0 and less than 1"),
        (NETWORK + "[examples]\npoints = 0\n", "points and queries must be at least 1"),
        (NETWORK + "[examples.mix]\nwhole = -1\n", "whole, half and view must be 0 or more"),
        (NETWORK + "[examples.augmentation]\nshift = 0.4\n", "shift must lie between"),
        ("seed = -1\n" + NETWORK, "seed must be 0 or more"),
        ("validate_every = 0\n" + NETWORK, "validate_every must be more than 0"),
        ("[network\n", "not valid TOML"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_the_file(tmp_path, text, said):
    with pytest.raises(DataError, match=said) as raised:
        load(tmp_path, text)
    assert "mine.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "network",
    [
        {"architecture": "mynet"},
        {"architecture": "onet", "colour": 3},
        {"architecture": "onet", "c_dim": -4},
        {"architecture": "onet", "c_dim": "wide"},
        {"architecture": "convonet", "planes": ["up"]},
        {"architecture": "house", "plane_sizes": []},
    ],
)
def test_an_impossible_network_is_refused(network):
    with pytest.raises(DataError, match="The recipe's network cannot be made"):
        fresh_network(network, 100)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.toml cannot be read: No such file"):
        load_recipe(find_recipe(str(tmp_path / "none.toml")))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"mine\.toml is not valid TOML"):
        load_recipe(path)


def test_an_unknown_name_lists_the_recipes_that_ship():
    with pytest.raises(DataError, match="no recipe 'hous'.*convonet, house, onet"):
        find_recipe("hous")


def test_a_folder_of_the_same_name_does_not_hide_a_recipe_that_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "house").mkdir()
    assert find_recipe("house") == resources() / "recipes" / "house.toml"
