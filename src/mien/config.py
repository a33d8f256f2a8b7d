"""Recipes: one TOML file says everything about a training run, read into typed settings.

An unknown key or a wrong value raises with its place in the file and the nearest known key.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mien.choose import nearest
from mien.errors import MienError, RecipeError
from mien.labels import TASKS, LabelSet, label_set
from mien.preprocessing import Preprocessing

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Task = Literal["expression", "au", "au_intensity", "va", "compound"]
BALANCED_BY = {
    "classes": ("expression", "compound"),
    "effective_number": ("expression", "compound"),
    "va_grid": ("va",),
    "ml_ros": ("au",),
}
Settings = TypeVar("Settings", bound=BaseModel)


class Section(BaseModel):
    """A part of a recipe: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Folds(Section):
    """Subject-wise cross-validation: the run with seed k tests on fold ``k % count``."""

    count: int = Field(3, ge=2)
    val: Share = 0.15  # share of the remaining subjects that validate
    seed: int = 0  # of the partition; the same for every run, so that runs can be compared


class Few(Section):
    """Few pictures a class to learn from: ``train`` and ``val`` rows of each, drawn by the run's seed."""

    task: Literal["expression", "compound"] = "expression"
    train: int = Field(15, ge=1)
    val: int = Field(5, ge=1)


class Balance(Section):
    """Rare labels drawn more often: the ``balance`` of a database.

    Attributes:
        how: ``classes``: rows by the inverse frequency of their class, to the ``power``; ``effective_number``: by the
            effective number of samples (Cui et al. 2019) with ``beta``; ``va_grid``: by the inverse count of their cell
            of a 20 x 20 grid, to the ``power``; ``ml_ros``: rows with rare action units are cloned (Charte et al.).
        task: by which labels; what ``how`` is made for when not given.
        power: 1 draws all classes equally often, 0.5 goes half the way.
        most: no row is drawn more often than this for one draw of the most frequent kind.
        seed: of which rows are cloned.
    """

    how: Literal["classes", "effective_number", "va_grid", "ml_ros"]
    task: Task = "expression"
    power: float = Field(1.0, gt=0, le=1)
    beta: float = Field(0.999, gt=0, lt=1)
    most: float = Field(50.0, ge=1)
    seed: int = Field(0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _task_of_how(cls, tree: Any) -> Any:
        given = isinstance(tree, dict) and "task" not in tree and tree.get("how") in BALANCED_BY
        return tree | {"task": BALANCED_BY[tree["how"]][0]} if given else tree

    @model_validator(mode="after")
    def _fits(self) -> Self:
        tasks = BALANCED_BY[self.how]
        if self.task not in tasks:
            raise ValueError(f"how = {self.how!r} balances by {' or '.join(tasks)}, got task = {self.task!r}")
        return self


class Part(Section):
    """A part of a database's training rows that shares no person with the other parts: ``number`` 1 to ``of``."""

    number: int = Field(ge=1)
    of: int = Field(ge=2)

    @model_validator(mode="after")
    def _there(self) -> Self:
        if self.number > self.of:
            raise ValueError(f"there is no part {self.number} of {self.of}")
        return self


class Database(Section):
    """One database of a recipe.

    Attributes:
        name: what the tables of results call it.
        path: table or folder; ``$NAME`` is replaced from the environment.
        reader: how to read it: ``table`` for mien's own Parquet, else a name from ``mien table databases``.
        weight: its share of every mixed batch, or of the turns.
        tasks: which of its labels may be used; all when not given. The others are withheld.
        train, val, test: names of the splits.
        folds: make the splits anew, by subject; ``fractions``: likewise, one seeded split.
        carve_val: share of the training rows, whole subjects, that validates: for a database without such a split.
        few: train and validate on a few of the training rows of each class; with a run's seed these change, too.
        part: train on a part of the training rows, after any of the above; another part is another database.
        balance: draw rare labels of its training rows more often.
    """

    name: str
    path: str
    reader: str = "table"
    weight: float = Field(1.0, gt=0)
    tasks: tuple[Task, ...] = TASKS  # type: ignore[assignment]
    train: str = "train"
    val: str = "val"
    test: str = "test"
    folds: Folds | None = None
    fractions: dict[str, float] | None = None
    carve_val: Share = 0.0
    few: Few | None = None
    part: Part | None = None
    balance: Balance | None = None
    rows: dict[str, str] = {}  # keep only the rows with these values, for example {source = "lfw"}

    @model_validator(mode="after")
    def _one_way_to_split(self) -> Self:
        if sum(map(bool, (self.folds, self.fractions, self.carve_val, self.few))) > 1:
            raise ValueError("folds, fractions, carve_val and few exclude each other; keep one of them")
        return self

    def resolved_path(self) -> Path:
        """``path`` with environment variables filled in."""
        filled = os.path.expandvars(self.path)
        if unset := re.search(r"\$\{?(\w+)", filled):
            name = unset[1]
            raise RecipeError(
                f"Database {self.name!r}: path {self.path!r} needs the environment variable {name}, which is not set; "
                f"run: export {name}=/folder/with/your/data"
            )
        return Path(filled)


class Augment(Section):
    """Random changes of a training picture that keep its labels true, or change them alike. Zero switches one off.

    Attributes:
        flip: probability of a left/right flip (AUs here are coded for both sides together).
        rotate_deg, scale, shift: standard deviation of the rotation in degrees, of log scale, of the shift / side.
        brightness, contrast: standard deviation in units of the full range, and of log contrast.
        colour: standard deviation of the log gain per channel; grey: probability of dropping colour.
        blur, jpeg, erase: probability of a Gaussian blur, of JPEG compression, of a covered rectangle.
        coarse, noise: probability of a lower resolution (0.3-0.8 of the side), of grain (sigma up to 0.08).
        blend: probability that a face is blended with another of its database, labels alike: see ``data.blend``
    """

    flip: Share = 0.5
    rotate_deg: float = Field(8.0, ge=0, le=45)
    scale: float = Field(0.08, ge=0, le=0.5)
    shift: float = Field(0.04, ge=0, le=0.3)
    brightness: float = Field(0.08, ge=0, le=0.5)
    contrast: float = Field(0.15, ge=0, le=1)
    colour: float = Field(0.0, ge=0, le=0.5)
    grey: Share = 0.0
    blur: Share = 0.05
    jpeg: Share = 0.0
    erase: Share = 0.2
    coarse: Share = 0.0
    noise: Share = 0.0
    blend: Share = 0.0


class Network(Section):
    """The network: a backbone by name and how its outputs are made."""

    backbone: str = "resnet32"
    hidden: int | None = Field(None, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    va_bins: int = Field(0, ge=0, le=256)
    init: str | None = None  # folder of an earlier run, 'default' (the shipped network), or a .safetensors file


class Training(Section):
    """Optimisation. A step is one weight update: ``accumulate`` batches of ``batch_size`` images in all processes."""

    steps: int = Field(2000, ge=1)
    batch_size: int = Field(128, ge=2)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    lr: float = Field(0.05, gt=0)
    weight_decay: float = Field(5e-4, ge=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Literal["constant", "cosine", "exponential"] = "cosine"
    cycles: int = Field(1, ge=1)  # cosine: how many times the rate falls to 0; a run cut off after one is whole
    warmup: int = Field(100, ge=0)
    decay: float = Field(0.5, gt=0, le=1)  # exponential: factor per decay_every steps
    decay_every: int = Field(10_000, ge=1)
    clip_norm: float = Field(5.0, ge=0)  # 0: off
    ema: float = Field(0.0, ge=0, lt=1)  # decay of the averaged weights; 0: off
    precision: Literal["auto", "no", "bf16", "fp16"] = "no"  # auto: bf16 where the hardware has it
    compile: bool = False  # the network by torch.compile, while it is trained
    accumulate: int = Field(1, ge=1)
    evaluate_every: int = Field(500, ge=1)
    checkpoint_every: int = Field(200, ge=1)
    log_every: int = Field(20, ge=1)
    thresholds: Literal["half", "best_f1", "equal_precision_recall"] = "half"  # of AUs; the others from validation
    threads: int = Field(0, ge=0)  # of the CPU; 0: as torch finds best


class Experiment(Section):
    """A comparison: every method with every seed, on the same splits and with the same budget of images.

    ``settings`` are those of the methods that ``[method]`` does not name, such as ``[experiment.settings.joint]``.
    ``about`` names the databases that it is about, all when empty: others train networks that learn several, but are
    not tested, and have no network of their own.
    """

    methods: tuple[str, ...] = Field(("single", "alternating", "sjmt"), min_length=1)
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    about: tuple[str, ...] = ()


class Recipe(Section):
    """Everything that decides a run. Two runs of one recipe on the same CPU give the same weights."""

    name: str
    about: str = ""
    seed: int = Field(0, ge=0)
    member: int = Field(0, ge=0)  # another start and another order of the same faces, for the members of an ensemble
    data: tuple[Database, ...] = Field(min_length=1)
    labels: dict[str, tuple[str, ...]] | None = None  # the network's labels; default: the union of the databases' own
    preprocessing: Preprocessing = Preprocessing()
    augment: Augment = Augment()
    network: Network = Network()
    method: dict[str, Any] = {"name": "sjmt"}
    training: Training = Training()
    experiment: Experiment = Experiment()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [database.name for database in self.data]
        if len(set(names)) < len(names):
            raise ValueError(f"two databases share a name in {names}; give each its own")
        if unknown := set(self.experiment.about) - set(names):
            raise ValueError(f"[experiment] about: no database is called {', '.join(sorted(unknown))}; known: {names}")
        if "name" not in self.method:
            raise ValueError("[method] has no name; expected for example name = 'sjmt'")
        if (own := self.method["name"]) in self.experiment.settings:
            raise ValueError(f"[experiment.settings.{own}]: it is the recipe's own method; write them under [method]")
        if self.labels is not None:
            try:
                label_set(self.labels)
            except MienError as error:
                raise ValueError(f"[labels] {error}") from None
        return self

    @property
    def draws(self) -> int:
        """The seed of everything that is drawn, but not of the splits: members of an ensemble share those."""
        return self.seed + 1_000_003 * self.member

    def wanted_labels(self, given: LabelSet) -> LabelSet:
        """The network's labels, for databases whose union of labels is ``given``."""
        return given if self.labels is None else label_set(self.labels)


def read_recipe(path: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a TOML recipe.

    Args:
        path: the file.
        changes: settings to replace, each ``section.key=value`` with a TOML value, such as ``training.steps=50``.

    Raises:
        RecipeError: no such file, no TOML, an unknown key, a wrong value.
    """
    try:
        tree = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise RecipeError(f"{path}: cannot read the recipe ({error.strerror}); recipes lie in recipes/") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None
    for change in changes:
        _change(tree, change)
    return parse(Recipe, tree, str(path))


def _change(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise RecipeError(f"--set {change!r}: expected section.key=value, for example training.steps=50")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, last = key.strip().split(".")
    place: Any = tree
    for section in sections:
        if isinstance(place, list) and section.isdigit() and int(section) < len(place):
            place = place[int(section)]  # data.0 is the first database
        else:
            place = place.setdefault(section, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise RecipeError(f"--set {change!r}: {'.'.join(sections)!r} is no section of the recipe")
    place[last] = value


def parse(model: type[Settings], tree: Mapping[str, Any], where: str) -> Settings:
    """``tree`` as typed settings; every fault becomes one sentence of a ``RecipeError``."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        faults = "\n".join(_sentence(model, fault) for fault in _innermost(error.errors()))
        raise RecipeError(f"{where}: {faults}") from None


def _innermost(faults: Sequence[Any]) -> list[Any]:
    """Without the faults of a whole that has a faulty part: a list whose only item is wrong is no short list."""
    wholes = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["loc"] not in wholes]


def _sentence(model: type[BaseModel], fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        return f"unknown key {place!r}; {nearest(key, _keys(model, fault['loc'][:-1]))}"
    if fault["type"] == "missing":
        return f"key {place!r} is missing; add it"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if isinstance(fault["input"], Mapping):  # settings that do not fit each other: a whole section
        return f"{place}: {message}" if place else message
    return f"{place} = {fault['input']!r}: {message}"


def _keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that are known at ``loc``."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _section_type(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _section_type(annotation: Any) -> type[BaseModel] | None:
    """The settings class inside an annotation such as ``tuple[Database, ...]`` or ``Folds | None``."""
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
