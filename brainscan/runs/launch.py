"""Starting, resuming and stopping a training from the app."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from brainscan.data.dataset import open_dataset
from brainscan.errors import DatasetError, TrainingError
from brainscan.runs.folder import write_atomic
from brainscan.runs.library import find_run, runs_folder
from brainscan.runs.process import GRACE_S, request_stop, start_detached
from brainscan.runs.run import LAUNCH, Run

ARCHITECTURES = ("resnet50", "custom_cnn")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_RANGES: dict[str, tuple[str, float, float]] = {
    "epochs": ("The number of epochs", 1, 1000),
    "batch-size": ("The batch size", 1, 1024),
    "learning-rate": ("The learning rate", 1e-8, 1.0),
    "patience": ("The patience", 1, 1000),
    "validation-share": ("The validation share", 0.02, 0.5),
}
RANGES: Mapping[str, tuple[str, float, float]] = _RANGES
"""Numeric options of ``train``: name in a sentence, smallest and largest value."""


@dataclass(frozen=True)
class TrainingPlan:
    """What a person asks for on the page.

    Attributes
    ----------
    datasets
        Folders or manifests of labelled scans.
    architecture
        One of `ARCHITECTURES`.
    name
        Name of the run, which becomes a folder.
    tumor_free
        Folders whose images are all free of tumour.
    folds
        Folds of the manifest to use; empty for all.
    weights
        Start of the ResNet50 base: ``"imagenet"``, ``"none"`` or a file; empty for the usual.
    numbers
        Options of `RANGES` that are not left to the recommended value.
    """

    datasets: tuple[str, ...]
    architecture: str
    name: str
    tumor_free: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    weights: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def arguments(self, root: Path) -> list[str]:
        """Return what follows ``python -m brainscan`` to train this under ``root``."""
        # Values are joined with "=" or stand before the options, so that none is read as one.
        options = [f"--{name}={_plain(value)}" for name, value in self.numbers.items()]
        if self.weights and self.architecture == "resnet50":
            options.append(f"--weights={_path_or_word(self.weights)}")
        lists: list[str] = []
        if self.tumor_free:
            lists += ["--tumor-free", *(_absolute(path) for path in self.tumor_free)]
        if self.folds:
            lists += ["--folds", *self.folds]
        return [
            "train",
            *(_absolute(path) for path in self.datasets),
            f"--architecture={self.architecture}",
            f"--run={self.name}",
            f"--runs={root}",
            *options,
            *lists,
        ]


def suggest_name(architecture: str, root: Path | None = None) -> str:
    """Return a run name that is not taken: the network and the day, numbered when needed."""
    root = root or runs_folder()
    day = f"{architecture}-{datetime.now():%Y%m%d}"
    names = (day if number == 1 else f"{day}-{number}" for number in range(1, 10_000))
    return next((name for name in names if not (root / name).exists()), day)


def problems(plan: TrainingPlan, root: Path | None = None) -> tuple[str, ...]:
    """Return a sentence for everything that keeps a plan from being started."""
    found: list[str] = []
    if plan.architecture not in ARCHITECTURES:
        known = " or ".join(ARCHITECTURES)
        found.append(f'There is no network called "{plan.architecture}". Choose {known}.')
    found += _name_problems(plan.name, root or runs_folder())
    if not plan.datasets:
        found.append("No dataset is given. Enter the path of a folder of labelled scans.")
    for path in plan.datasets:
        found += _dataset_problems(path, labelled=True)
    for path in plan.tumor_free:
        found += _dataset_problems(path, labelled=False)
    for fold in plan.folds:
        if fold.startswith("-"):
            found.append(f'"{fold}" is not the name of a fold. Fold names do not begin with "-".')
    for option, value in plan.numbers.items():
        name, low, high = RANGES[option]
        if not low <= value <= high:
            found.append(
                f"{name} must lie between {_plain(low)} and {_plain(high)}; it is {_plain(value)}."
            )
    if plan.architecture == "resnet50" and plan.weights not in ("", "imagenet", "none"):
        weights = Path(plan.weights).expanduser()
        if weights.suffix != ".npz" or not weights.is_file():
            found.append(
                f'The starting weights "{plan.weights}" are not an .npz file on this machine. '
                'Check the path, or choose "imagenet" or "none".'
            )
    return tuple(found)


def start(plan: TrainingPlan, root: Path | None = None) -> Run:
    """Start a training in a process of its own and return its run, which is then starting.

    Raises
    ------
    TrainingError
        The plan has `problems`, or the folder or the process cannot be made.
    """
    root = root or runs_folder()
    found = problems(plan, root)
    if found:
        raise TrainingError(" ".join(found))
    folder = root / plan.name
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
    except OSError as error:
        if folder.is_dir():  # another window was faster
            raise TrainingError(_taken(plan.name)) from error
        raise TrainingError(
            f"The run folder {folder} cannot be made ({error.strerror or error}). "
            "Check the disk and the permissions, or set BRAINSCAN_RUNS to another folder."
        ) from error
    try:
        _launch(folder, plan.arguments(root))
    except TrainingError:
        (folder / "log.txt").unlink(missing_ok=True)
        folder.rmdir()
        raise
    return find_run(plan.name, root)


def resume(run: Run) -> Run:
    """Go on with a run that stopped early, from its last checkpoint.

    Raises
    ------
    TrainingError
        The run is still in progress, is finished, or left no checkpoint.
    """
    now = find_run(run.name, run.folder.parent)
    if now.active:
        raise TrainingError(f"{run.name} is in progress already. Wait for it, or stop it first.")
    if not now.resumable:
        raise TrainingError(
            f"{run.name} cannot be resumed: it is {now.state} and "
            f"{'has' if now.config else 'lacks'} its settings, and a run needs a checkpoint of a "
            "finished epoch to go on from. Start a new run instead."
        )
    _launch(run.folder, ["train", "--resume", f"--run={run.name}", f"--runs={run.folder.parent}"])
    return find_run(run.name, run.folder.parent)


def stop(run: Run, *, grace_s: float = GRACE_S) -> None:
    """Ask a run to stop after its current step and to keep what it has. Returns at once.

    Raises
    ------
    TrainingError
        The run is not in progress, or its process belongs to somebody else.
    """
    now = find_run(run.name, run.folder.parent)
    pid = now.progress.pid
    if not now.active or pid is None:
        raise TrainingError(f"{run.name} is not in progress, so there is nothing to stop.")
    request_stop(pid, seen_at=now.progress.updated, grace_s=grace_s)
    if now.state == "starting":
        # It may end before it can say why; the note tells a stop from a failure.
        path = run.folder / LAUNCH
        note = json.loads(path.read_text(encoding="utf-8"))
        write_atomic(path, json.dumps({**note, "stopped": True}, indent=2).encode("utf-8"))


def _launch(folder: Path, arguments: Sequence[str]) -> None:
    pid = start_detached(arguments, folder / "log.txt")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"pid": pid, "started": started, "arguments": list(arguments)}
    write_atomic(folder / LAUNCH, json.dumps(note, indent=2).encode("utf-8"))


def _name_problems(name: str, root: Path) -> list[str]:
    if not _NAME.fullmatch(name) or name.endswith(".") or _WINDOWS_DEVICES.fullmatch(name):
        return [
            f'"{name}" cannot be the name of a run. Use up to 64 letters, digits, dots, dashes and '
            "underscores, beginning with a letter or a digit."
        ]
    return [_taken(name)] if os.path.lexists(root / name) else []


def _taken(name: str) -> str:
    return f'A run named "{name}" already exists. Resume it, or choose another name.'


def _dataset_problems(path: str, *, labelled: bool) -> list[str]:
    try:
        dataset = open_dataset(Path(path).expanduser()).images_only("Training")
    except DatasetError as error:
        return [str(error)]
    except OSError as error:
        return [f"{path} cannot be opened ({error.strerror or error}). Check the permissions."]
    if labelled and not dataset.labelled:
        return [
            f"{path} has no labels. Sort the images into class folders (glioma, meningioma, "
            "pituitary, notumor; or yes, no), or add a manifest.csv."
        ]
    return []


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _path_or_word(weights: str) -> str:
    return weights if weights in ("imagenet", "none") else _absolute(weights)


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"
