"""Recipes: what is allowed is read, and every mistake is answered with its place and what to type."""

from pathlib import Path

import pytest

from mien.config import Database, Preprocessing, Recipe, parse, read_recipe
from mien.errors import RecipeError
from mien.labels import TASKS

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))
SMALL = """
name = "small"

[[data]]
name = "A"
path = "a.parquet"

[training]
lr = 1e-4
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "recipe.toml"
        path.write_text(text)
        return path

    return write


def message_of(path, changes=()):
    with pytest.raises(RecipeError) as caught:
        read_recipe(path, changes)
    return str(caught.value)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_read(path):
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert f"recipes/{path.name}" in path.read_text()  # its own command
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    if recipe.labels is not None:
        assert recipe.wanted_labels({}) == {task: tuple(names) for task, names in recipe.labels.items()}


def test_there_are_recipes():
    assert "demo" in [path.stem for path in RECIPES]


def test_an_exponent_is_a_number(written):
    lr = read_recipe(written(SMALL)).training.lr
    assert isinstance(lr, float) and lr == 0.0001  # YAML would read 1e-4 as a string


def test_what_is_not_said_has_a_default(written):
    recipe = read_recipe(written(SMALL))
    assert recipe.preprocessing == Preprocessing()
    assert recipe.method == {"name": "sjmt"}
    assert (recipe.data[0].weight, recipe.data[0].tasks, recipe.data[0].folds) == (1.0, TASKS, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trainig = 3", "unknown key 'trainig'; did you mean 'training'?"),
        ("[augment]\nflipp = 0.5", "unknown key 'augment.flipp'; did you mean 'flip'?"),
        ("[preprocessing]\nsise = 32", "unknown key 'preprocessing.sise'; did you mean 'size'?"),
        ('[[data]]\nname = "B"\npath = "b"\nwieght = 2', "unknown key 'data.1.wieght'; did you mean 'weight'?"),
        (
            '[[data]]\nname = "B"\npath = "b"\nfolds = { cuont = 3 }',
            "unknown key 'data.1.folds.cuont'; did you mean 'count'?",
        ),
        ("[experiment]\nqqq = 1", "unknown key 'experiment.qqq'; known: about, methods, seeds, settings"),
    ],
)
def test_an_unknown_key_names_its_place_and_the_nearest(written, line, said):
    # Keys at the top must come first in TOML; tables may come last.
    path = written(line + SMALL if line.startswith("trainig") else SMALL + line)
    assert message_of(path) == f"{path}: {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lr = -0.1", "training.lr = -0.1: input should be greater than 0"),
        ('steps = "many"', "training.steps = 'many': input should be a valid integer"),
        ("steps = 1.5", "training.steps = 1.5: input should be a valid integer"),
        ('optimizer = "adam"', "training.optimizer = 'adam': input should be 'sgd' or 'adamw'"),
    ],
)
def test_a_wrong_value_names_place_value_and_what_is_allowed(written, line, said):
    path = written(SMALL.replace("lr = 1e-4", line))
    assert message_of(path).startswith(f"{path}: {said}")


def test_a_section_that_contradicts_itself_names_its_place_but_does_not_print_it(written):
    message = message_of(written(SMALL + "[preprocessing]\nstd = [0.2, 0.0, 0.2]"))
    assert message.endswith(": preprocessing: std must be above 0 in every channel, got (0.2, 0.0, 0.2)")


def test_several_faults_are_told_at_once(written):
    message = message_of(written(SMALL + "momentun = 0.9\nwarmup = -1"))
    assert "unknown key 'training.momentun'; did you mean 'momentum'?" in message
    assert "training.warmup = -1: " in message


@pytest.mark.parametrize(("line", "key"), [('path = "a.parquet"', "data.0.path"), ('name = "small"', "name")])
def test_a_missing_key_is_named(written, line, key):
    assert message_of(written(SMALL.replace(line, ""))).endswith(f"key {key!r} is missing; add it")


def test_a_missing_recipe_and_one_that_is_no_toml_are_sentences(written, tmp_path):
    assert "none.toml: cannot read the recipe (No such file or directory)" in message_of(tmp_path / "none.toml")
    assert "recipe.toml: not valid TOML: " in message_of(written("name: small\n"))
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'")
    assert "bytes.toml: not valid TOML: " in message_of(tmp_path / "bytes.toml")


@pytest.mark.parametrize(
    ("change", "where", "value"),
    [
        ("training.steps=50", lambda r: r.training.steps, 50),
        ("training.lr=1e-2", lambda r: r.training.lr, 0.01),
        ("network.backbone=vgg16", lambda r: r.network.backbone, "vgg16"),  # a bare word is a string
        ('network.backbone="vgg16"', lambda r: r.network.backbone, "vgg16"),
        ("network.init=runs/a b/weights.safetensors", lambda r: r.network.init, "runs/a b/weights.safetensors"),
        ("about=a = b", lambda r: r.about, "a = b"),
        ("experiment.seeds=[4, 5]", lambda r: r.experiment.seeds, (4, 5)),
        ('labels.va=["valence"]', lambda r: r.labels, {"va": ("valence",)}),
        ("preprocessing.grey=false", lambda r: r.preprocessing.grey, False),
        ("method.name=joint", lambda r: r.method, {"name": "joint"}),
        (" training.steps = 50", lambda r: r.training.steps, 50),
    ],
)
def test_set_changes_a_setting(written, change, where, value):
    assert where(read_recipe(written(SMALL), [change])) == value


def test_a_change_reaches_a_database_by_its_number(written):
    recipe = read_recipe(written(SMALL), ["data.0.weight=2.5", "data.0.folds.count=4"])
    assert (recipe.data[0].weight, recipe.data[0].folds.count) == (2.5, 4)


def test_the_last_of_two_changes_wins_and_the_others_stay(written):
    recipe = read_recipe(written(SMALL), ["training.steps=5", "training.steps=6", "seed=3"])
    assert (recipe.training.steps, recipe.seed, recipe.training.lr) == (6, 3, 1e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("training.steps", "--set 'training.steps': expected section.key=value, for example training.steps=50"),
        ("name.first=a", "--set 'name.first=a': 'name' is no section of the recipe"),
        ("data.7.weight=2", "--set 'data.7.weight=2': 'data.7' is no section of the recipe"),
        ("training.stesp=50", "unknown key 'training.stesp'; did you mean 'steps'?"),
        ("training.steps=soon", "training.steps = 'soon': input should be a valid integer"),
    ],
)
def test_a_wrong_change_is_a_sentence(written, change, said):
    assert said in message_of(written(SMALL), [change])


def test_a_path_takes_environment_variables(monkeypatch):
    monkeypatch.setenv("MIEN_TEST_DATA", "/somewhere")
    for path in ("$MIEN_TEST_DATA/a.parquet", "${MIEN_TEST_DATA}/a.parquet"):
        assert Database(name="A", path=path).resolved_path() == Path("/somewhere/a.parquet")
    assert Database(name="A", path="plain/a.parquet").resolved_path() == Path("plain/a.parquet")


@pytest.mark.parametrize("path", ["$MIEN_UNSET/a.parquet", "${MIEN_UNSET}/a.parquet", "x/$MIEN_UNSET.parquet"])
def test_a_variable_that_is_not_set_says_what_to_type(monkeypatch, path):
    monkeypatch.delenv("MIEN_UNSET", raising=False)
    with pytest.raises(RecipeError) as caught:
        Database(name="A", path=path).resolved_path()
    assert str(caught.value) == (
        f"Database 'A': path {path!r} needs the environment variable MIEN_UNSET, which is not set; "
        "run: export MIEN_UNSET=/folder/with/your/data"
    )


def test_two_databases_cannot_share_a_name(written):
    message = message_of(written(SMALL + '[[data]]\nname = "A"\npath = "b.parquet"\n'))
    assert message.endswith("two databases share a name in ['A', 'A']; give each its own")


def test_a_method_needs_a_name(written):
    assert message_of(written(SMALL + "[method]\nweight = 2")).endswith(
        "[method] has no name; expected for example name = 'sjmt'"
    )


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            'expression = ["fear", "happines"]',
            "Unknown expression label 'happines': did you mean 'happiness'?",
        ),
        ('expresion = ["fear"]', "[labels] Unknown task 'expresion' in a label set: did you mean 'expression'?"),
        ("expresion = []", "[labels] Unknown task 'expresion' in a label set: did you mean 'expression'?"),
        ('au = ["AU1"]', "[labels] Unknown au label 'AU1': did you mean 'AU"),
    ],
)
def test_unknown_labels_name_the_nearest(written, labels, said):
    assert said in message_of(written(SMALL + f"[labels]\n{labels}\n"))


def test_wanted_labels_are_the_recipes_own_in_order_or_all_that_are_given(written):
    given = {"au": ("AU01",)}
    assert read_recipe(written(SMALL)).wanted_labels(given) == given
    recipe = read_recipe(written(SMALL + '[labels]\nexpression = ["fear", "neutral"]\n'))
    assert recipe.wanted_labels(given) == {"expression": ("neutral", "fear")}


@pytest.mark.parametrize(
    "two",
    [
        "folds = { count = 3 }\nfractions = { train = 0.8, test = 0.2 }",
        "folds = { count = 3 }\ncarve_val = 0.1",
        "fractions = { train = 1.0 }\ncarve_val = 0.1",
    ],
)
def test_there_is_one_way_to_split(written, two):
    path = written(SMALL.replace('path = "a.parquet"', f'path = "a.parquet"\n{two}'))
    said = "data.0: folds, fractions, carve_val and few exclude each other; keep one of them"
    assert message_of(path) == f"{path}: {said}"
    for one in two.split("\n"):
        read_recipe(written(SMALL.replace('path = "a.parquet"', f'path = "a.parquet"\n{one}')))


def test_parse_names_where_the_settings_came_from():
    with pytest.raises(RecipeError, match=r"^model\.json: unknown key 'sice'; did you mean 'size'\?$"):
        parse(Preprocessing, {"sice": 64}, "model.json")


def test_a_recipe_does_not_change_after_reading(written):
    with pytest.raises(ValueError, match="frozen"):
        read_recipe(written(SMALL)).seed = 1
