"""One training run: a recipe, a folder, and in the end the network that was best on validation faces."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import torch

from mien.config import Recipe
from mien.data.balance import Balanced, balanced_order, counted, imbalance
from mien.data.loader import Loader
from mien.data.prepare import Progress, silent
from mien.data.processes import Part, summed
from mien.data.sampling import IntArray, InTurn, Mixed
from mien.data.store import Store
from mien.errors import MienError, RecipeError
from mien.files import atomic_write, locked
from mien.labels import LabelSet
from mien.methods import make_method
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import init_weights, load, save
from mien.models.network import Network
from mien.models.temporal.clip_model import ClipModel
from mien.training.compiled import check_compiler
from mien.training.databases import labels_without_examples, list_skipped, network_labels, open_databases, open_stores
from mien.training.interrupt import Stop, asked_to_stop
from mien.training.log import Log
from mien.training.loop import Learner, Movable, Silent, Watcher, run_loop
from mien.training.norm import share_norms
from mien.training.optim import averaged, learning_rate, make_optimizer
from mien.training.precision import make_accelerator, native_bf16
from mien.training.record import claim_folder, provenance
from mien.training.resume import STATE_FILE, load_state, save_state
from mien.training.validation import validate

DONE_FILE = "done"
OTHER_FOLDER = "wait for it, or choose another folder with --out"
BATCHES_AHEAD = 2  # enough to hide their making behind a GPU's work


def train_network(
    recipe: Recipe, folder: str | Path, watcher: Watcher | None = None, progress: Progress = silent
) -> Network:
    """Train the one network of ``recipe`` into ``folder``; a run that was cut off goes on where it stood.

    Args:
        recipe: settings and databases.
        folder: gets ``weights.safetensors`` and ``model.json`` of the best network on validation faces, the log, and
            ``state.safetensors`` to go on from. A finished run is loaded, not trained again.
        watcher: is told how it goes.
        progress: wraps the preparation of faces in a progress bar.

    Returns:
        The chosen network, in evaluation mode.

    Raises:
        MienError: the recipe, a table or the folder's content does not fit.
    """
    run = Run(recipe, Path(folder), watcher or Silent(), progress)
    run.finish()
    return load(run.folder, run.labels)[0]


@dataclass
class _Best:
    """The best validation so far."""

    step: int = 0
    score: float = -math.inf


class Run:
    """A run's parts, from its recipe to its folder; ``learner`` and ``batches`` are what kinds of runs differ in.

    Args:
        recipe, folder, watcher, progress: as in ``train_network``.
        stands_on: provenance of a network that it builds on.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        watcher: Watcher,
        progress: Progress,
        stands_on: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.recipe, self.folder, self.watcher, self.progress = recipe, folder, watcher, progress
        self.accelerator = make_accelerator(recipe.training.precision)
        self.part: Part = (self.accelerator.process_index, self.accelerator.num_processes)
        if recipe.training.batch_size < self.part[1]:
            raise RecipeError(
                f"training.batch_size = {recipe.training.batch_size} is shared by {self.part[1]} processes; "
                f"make it larger, or launch fewer"
            )
        self.main = self.accelerator.is_main_process  # several processes train as one: the first speaks and writes
        if not self.main:
            self.watcher, self.progress = Silent(), silent
        self.databases = open_databases(recipe)
        self.labels: LabelSet = network_labels(recipe, self.databases)
        self.provenance = [*provenance(self.databases), *stands_on]
        self.best = _Best()
        self.stop = Stop()

    def finish(self) -> None:
        """Train to the end; a run that is done is left as it is."""
        done = self.folder / DONE_FILE
        if done.exists():
            claim_folder(self.folder, self.recipe, self.provenance)
            return
        with locked(self.folder, OTHER_FOLDER) if self.main else nullcontext():
            if self.main:
                claim_folder(self.folder, self.recipe, self.provenance)
            self._go_on()
            if self.main:
                atomic_write(done, "")
            self.accelerator.wait_for_everyone()  # nobody loads what the first is still writing

    def _go_on(self) -> None:
        """Train from the last saved state, or from the start."""
        settings = self.recipe.training
        if settings.threads:
            torch.set_num_threads(settings.threads)
        cv2.setNumThreads(1)  # faces are small: more threads would only be in the way of torch's
        if settings.precision == "bf16" and not native_bf16():
            self.watcher.say("bf16 is emulated on this machine and about ten times slower; better: precision = 'auto'")
        if settings.compile:
            check_compiler(self.accelerator.device)
        with self.accelerator.local_main_process_first():  # faces are cut once per machine
            stores, self.val_stores = open_stores(self.recipe, self.databases, self.labels, self.progress)
        learner = self.learner(stores)
        record = load_state(self.folder, learner.modules, learner.optimizer)
        start = int(record["step"]) if record else 0
        if record:
            self.best = _Best(**record["best"])
            if self.accelerator.scaler is not None:
                self.accelerator.scaler.load_state_dict(record["scaler"])
            self.watcher.say(f"going on from step {start} of {settings.steps}")
        elif self.main:
            skipped = list_skipped(self.folder, [*stores, *self.val_stores])
            for warning in (*skipped, *labels_without_examples(stores, self.labels)):
                self.watcher.say(warning)
        stream = self.batches(learner, stores)
        log = Log(self.folder, start) if self.main else None
        seed = self.recipe.draws
        try:
            with asked_to_stop() as self.stop:
                run_loop(learner, self.accelerator, stream, settings, seed, start, self._after(learner, log))
        except KeyboardInterrupt:
            raise MienError(f"Stopped; the same command goes on from the last checkpoint in {self.folder}") from None
        finally:
            if log:
                log.close()

    def batches(self, learner: Learner, stores: list[Store]) -> Callable[[int, int], Iterator[Movable]]:
        """From start to stop, the training batches of these numbers."""
        settings, orders = self.recipe.training, self._orders(stores)
        inner = (Mixed if learner.method.batches == "mixed" else InTurn)(
            [len(store) if order is None else len(order) for store, order in zip(stores, orders, strict=True)],
            [database.weight for database in self.recipe.data],
            settings.batch_size,
            self.recipe.draws * 1009,  # leaves room for the databases' own seeds between two runs
        )
        sampler, size = Balanced(inner, orders), self.recipe.preprocessing.size
        ahead = 0 if self.accelerator.device.type == "cpu" else BATCHES_AHEAD
        return Loader(stores, sampler, size, self.recipe.augment, self.recipe.draws, self.part, ahead).stream

    def _orders(self, stores: list[Store]) -> list[IntArray | None]:
        """The order of each database's rows where rare labels are drawn more often; says how much that changes."""
        orders: list[IntArray | None] = []
        for store, database in zip(stores, self.recipe.data, strict=True):
            settings = database.balance
            orders.append(balanced_order(store.labels, settings, store.name) if settings else None)
            if settings and settings.task != "va":
                before, after = (imbalance(counted(store.labels, settings.task, order)) for order in (None, orders[-1]))
                self.watcher.say(f"{store.name}: {settings.task} imbalance {before:.1f}, balanced {after:.1f}")
        return orders

    def _scaler_state(self) -> dict[str, float]:
        """The loss scale of fp16 training; empty with other precisions."""
        return dict(self.accelerator.scaler.state_dict()) if self.accelerator.scaler is not None else {}

    def learner(self, stores: list[Store]) -> Learner:
        """The network with random or initial weights, and what trains it."""
        torch.manual_seed(self.recipe.draws)
        method = make_method(self.recipe.method, self.labels)
        network = self.recipe.network
        spec = ModelSpec(
            backbone=network.backbone,
            labels=self.labels,
            head=method.head,
            hidden=network.hidden,
            dropout=network.dropout,
            va_bins=network.va_bins,
            expression_activation=method.expression_activation,
            preprocessing=self.recipe.preprocessing,
        )
        model = AffectModel(spec)
        if network.init and not (self.folder / STATE_FILE).exists():
            self.watcher.say(f"initial weights from {network.init}: {init_weights(model, network.init)}")
        method.meet(model)
        device = self.accelerator.device
        if self.part[1] > 1:
            share_norms(model)
        model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        method = method.to(device)
        optimizer = make_optimizer([model, method], self.recipe.training)
        return Learner(model, method, optimizer, averaged(model, self.recipe.training.ema))

    def _after(self, learner: Learner, log: Log | None) -> Callable[[int, dict[str, float], float], None]:
        """What follows every update: log, validate, save."""
        settings = self.recipe.training

        def after(step: int, terms: dict[str, float], images_per_s: float) -> None:
            if terms and not math.isfinite(terms["loss"]):
                raise self._diverged(step, f"the loss is {terms['loss']}")
            if terms and log:
                log.write(
                    "train", step, terms | {"lr": learning_rate(step - 1, settings), "images_per_s": images_per_s}
                )
            self.watcher.step(step, settings.steps, terms, images_per_s)
            last = step == settings.steps
            if last or step % settings.evaluate_every == 0:
                self._validate(learner, step, log)
                if self.main:
                    learner.method.keep(self.folder, step)
            stopped = not last and self._all_stop(bool(terms))
            if (last or stopped or step % settings.checkpoint_every == 0) and self.main:
                record = {"step": step, "best": vars(self.best), "scaler": self._scaler_state()}
                save_state(self.folder, learner.modules, learner.optimizer, record)
            if stopped:
                self.accelerator.wait_for_everyone()
                raise MienError(
                    f"Stopped after step {step} of {settings.steps}, which is saved; the same command goes on from "
                    f"there in {self.folder}"
                )

        return after

    def _all_stop(self, logged: bool) -> bool:
        """Whether to end here. Several processes hear of it at different steps; they agree at the next logged one."""
        if self.part[1] == 1:
            return self.stop.asked
        return logged and bool(summed(torch.tensor(float(self.stop.asked), device=self.accelerator.device), self.part))

    def _validate(self, learner: Learner, step: int, log: Log | None) -> None:
        """Score on validation faces, and keep the network if it is the best so far."""
        model = learner.best_model
        assert isinstance(model, AffectModel | ClipModel)
        found = validate(model, self.recipe, self.databases, self.labels, self.val_stores, self.part)
        if not found.finite:
            raise self._diverged(step, "the network's outputs are not finite")
        if log:
            log.write("validation", step, found.scores | {"overall": found.overall})
        if found.overall > self.best.score:
            self.best = _Best(step, found.overall)
            if self.main:
                save(
                    self.folder,
                    model,
                    step=step,
                    thresholds=found.thresholds(self.recipe.training.thresholds),
                    recipe=self.recipe.model_dump(mode="json"),
                    provenance=self.provenance,
                    validation=found.scores,
                )

    def _diverged(self, step: int, what: str) -> MienError:
        """What to raise when training has left the finite numbers."""
        settings = self.recipe.training
        return MienError(
            f"Step {step}: {what}; delete {self.folder} and start again with a lower training.lr (now "
            f"{settings.lr:g}) or with training.clip_norm (now {settings.clip_norm:g})"
        )
