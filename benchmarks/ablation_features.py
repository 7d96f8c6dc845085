"""Features of the frozen ImageNet base for the ablation: computed once, kept in half precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from brainscan.data.dataset import TYPES, Dataset, Record, combine, open_dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import DatasetError
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.networks.resnet import resnet50_base

TRAINING_FOLDS = ("1", "2", "3")
MEASURED_FOLDS = ("4",)
MEASURED_SOURCE = "lgg"
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Features:
    """What the heads read and what they should answer, for ``n`` slices.

    Attributes
    ----------
    records
        Of the slices.
    stride_8, stride_16
        ``(n, 2k, 2k, 512)`` and ``(n, k, k, 1024)`` float16.
    tumor
        ``(n,)`` float32, 0 or 1.
    kind
        ``(n,)`` int32 index of the tumor type, -1 where unknown or there is none.
    evidence
        ``(n, 2k, 2k)`` float32 share of tumor in each cell, -1 where the outline is unknown.
    masks
        ``(n, size, size)`` uint8, 0 or 1.
    """

    records: tuple[Record, ...]
    stride_8: np.ndarray
    stride_16: np.ndarray
    tumor: np.ndarray
    kind: np.ndarray
    evidence: np.ndarray
    masks: np.ndarray


def datasets(data: Path) -> tuple[Dataset, Dataset]:
    """Return what is trained on and what is measured, without a common group.

    Trained: folds 1-3 of ``brain-mri`` and ``lgg``, and ``healthy-oasis``. Measured: fold 4 of
    ``lgg``.

    Raises
    ------
    DatasetError
        When a patient is on both sides.
    """
    names = ("brain-mri", MEASURED_SOURCE)
    labelled = [open_dataset(data / name).select(folds=TRAINING_FOLDS) for name in names]
    training = combine(labelled, [open_dataset(data / "healthy-oasis")])
    measured = combine([open_dataset(data / MEASURED_SOURCE).select(folds=MEASURED_FOLDS)])
    check_apart(training, measured)
    return _labelled(training), _labelled(measured)


def check_apart(training: Dataset, measured: Dataset) -> None:
    """Raise a :class:`DatasetError` when a group (or an ungrouped image) is on both sides."""
    sides = [{r.group or r.name for r in part.records} for part in (training, measured)]
    common = sorted(sides[0] & sides[1])
    if common:
        msg = (
            f"{len(common)} group(s) are in the training and in the measured images, for example "
            f"{common[0]}. Give every group one fold."
        )
        raise DatasetError(msg)


def _labelled(dataset: Dataset) -> Dataset:
    records = tuple(r for r in dataset.records if r.label is not None)
    return Dataset(dataset.root, records, dataset.layout)


def frozen_base(size: int, weights: str | Path | None) -> keras.Model:
    """Return the ResNet50 base: ``(b, size, size, 1)`` in [0, 1] to features at stride 8, 16."""
    image = keras.Input((size, size, 1), name="image")
    base = keras.Model(image, resnet50_base(image, weights))
    base.trainable = False
    return base


def extract(
    dataset: Dataset,
    base: keras.Model,
    *,
    types: Sequence[str] = TYPES,
    mirrored: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Features:
    """Read a dataset as the base's input size and run the base over it.

    Parameters
    ----------
    dataset
        Labelled records.
    base
        As :func:`frozen_base` returns it.
    types
        Names of the tumor types.
    mirrored
        Whether every slice and its mask are flipped left to right first.
    progress
        Called with (slices done, slices in all) of the base's work.
    """
    how = Preprocessing(size=int(base.input.shape[1]))
    slices = DataLoader(dataset, how, types=types)
    images, masks = slices.images, slices.masks
    if mirrored:
        images, masks = images[:, :, ::-1], np.ascontiguousarray(masks[:, :, ::-1])
    run = tf.function(lambda batch: base(batch, training=False), reduce_retracing=True)
    stores = [np.zeros((len(slices), *output.shape[1:]), np.float16) for output in base.output]
    for start in range(0, len(slices), _BATCH):
        part = slice(start, start + _BATCH)
        batch = images[part, ..., None].astype(np.float32) / np.float32(255)
        for store, values in zip(stores, run(tf.constant(batch)), strict=True):
            store[part] = tf.cast(values, tf.float16).numpy()
        if progress:
            progress(min(start + _BATCH, len(slices)), len(slices))
    cells = stores[0].shape[1]
    evidence = np.stack([slices.evidence(i, masks[i], cells) for i in range(len(slices))])
    return Features(
        records=slices.records,
        stride_8=stores[0],
        stride_16=stores[1],
        tumor=slices.tumor,
        kind=slices.type_index,
        evidence=evidence,
        masks=masks,
    )


def read_features(
    data: Path, base: keras.Model, progress: Callable[[int, int], None]
) -> tuple[Features, tuple[Features, Features]]:
    """Return the features to train on, and those to measure on: straight and mirrored."""
    training, measured = datasets(data)
    total = len(training.records) + 2 * len(measured.records)
    done = 0

    def told(count: int, _: int) -> None:
        progress(done + count, total)

    straight = extract(measured, base, progress=told)
    done += len(measured.records)
    mirrored = extract(measured, base, mirrored=True, progress=told)
    done += len(measured.records)
    return extract(training, base, progress=told), (straight, mirrored)
