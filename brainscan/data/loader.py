"""DataLoader: decoded, preprocessed slices in memory, and batches of them for training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import cv2
import numpy as np

from brainscan.data.augmentation import Augmentation, augment
from brainscan.data.carving import erase_tumor, paste_tumor
from brainscan.data.dataset import Dataset, Record
from brainscan.errors import DatasetError, InputRejected
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.reading import read_scan

if TYPE_CHECKING:
    import tensorflow as tf

UNKNOWN = -1.0


class DataLoader:
    """Reads every image of a dataset once and keeps it as the network sees it.

    Files that cannot be read are left out and listed in :attr:`rejected`.

    Parameters
    ----------
    dataset
        What to read.
    preprocessing
        How a slice becomes the network's input.
    types
        Names of the tumor types, in the order of the type outputs; empty for a binary model.
    progress
        Called with (images done, images in all).

    Attributes
    ----------
    records
        Records that could be read, in the order of the arrays.
    images
        ``(n, size, size)`` uint8.
    masks
        ``(n, size, size)`` uint8, 0 or 1; all zero where unknown or tumor-free.
    tumor
        ``(n,)`` float32: 1 tumor, 0 tumor-free, -1 unknown.
    type_index
        ``(n,)`` int32 into ``types``, -1 where unknown or there is none.
    mask_known
        ``(n,)`` bool: tumor with an outline, or tumor-free.
    rejected
        ``(name, sentence)`` of every file that could not be read.

    Raises
    ------
    DatasetError
        When no image can be read.
    """

    def __init__(
        self,
        dataset: Dataset,
        preprocessing: Preprocessing,
        *,
        types: Sequence[str] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.preprocessing = preprocessing
        self.types = tuple(types)
        self.rejected: list[tuple[str, str]] = []
        total = len(dataset.records)
        size = preprocessing.size
        images = np.zeros((total, size, size), np.uint8)
        masks = np.zeros((total, size, size), np.uint8)
        kept: list[int] = []
        with ThreadPoolExecutor() as pool:
            for index, outcome in enumerate(pool.map(self._read, dataset.records)):
                if isinstance(outcome, InputRejected):
                    self.rejected.append((dataset.records[index].name, str(outcome)))
                else:
                    images[index], masks[index] = outcome
                    kept.append(index)
                if progress:
                    progress(index + 1, total)
        if not kept:
            msg = f"None of the {total} files of {dataset.root.name} could be read as a scan."
            raise DatasetError(" ".join([msg, *(reason for _, reason in self.rejected[:1])]))
        if self.rejected:
            images, masks = images[kept], masks[kept]
        self.images, self.masks = images, masks
        self.records = tuple(dataset.records[index] for index in kept)
        values = {"tumor": 1.0, "no_tumor": 0.0, None: UNKNOWN}
        self.tumor = np.array([values[r.label] for r in self.records], np.float32)
        self.type_index = np.array(
            [self.types.index(r.type) if r.type in self.types else -1 for r in self.records],
            np.int32,
        )
        self.mask_known = np.array(
            [r.mask is not None or r.label == "no_tumor" for r in self.records]
        )
        # FLAIR shows tumors bright that other sequences do not: they would look like nothing there.
        self._flair = np.array(["flair" in r.stratum for r in self.records], np.int8)
        outlined = self.masks.any(axis=(1, 2))
        self._donors = tuple(np.flatnonzero(outlined & (self._flair == flair)) for flair in (0, 1))

    def __len__(self) -> int:
        return len(self.records)

    def _read(self, record: Record) -> tuple[np.ndarray, np.ndarray] | InputRejected:
        try:
            scan = read_scan(record.path)
            image, geometry = preprocess(scan.pixels, self.preprocessing, scan.aspect)
            mask = np.zeros_like(image)
            if record.mask is not None:
                outline = cv2.imdecode(np.fromfile(record.mask, np.uint8), cv2.IMREAD_GRAYSCALE)
                if outline is None:
                    msg = f"The mask {record.mask.name} is not an image. Export it again as PNG."
                    return InputRejected(msg)
                mask = geometry.to_input(outline > 0).astype(np.uint8)
        except InputRejected as error:
            return error
        except OSError as error:
            reason = error.strerror or str(error)
            return InputRejected(f"{record.name} or its mask cannot be read from disk: {reason}.")
        return image, mask

    def order(self, epoch: int, seed: int) -> np.ndarray:
        """Return the indices of the labelled images in the order of one epoch."""
        labelled = np.flatnonzero(self.tumor >= 0)
        return np.random.default_rng([seed, epoch]).permutation(labelled)

    def sample(
        self, index: int, epoch: int, seed: int, how: Augmentation
    ) -> tuple[np.ndarray, np.ndarray, float, int]:
        """Return one training example: image and mask, ``(size, size)`` uint8; tumor; type."""
        generator = np.random.default_rng([seed, epoch, index])
        image, mask = self.images[index], self.masks[index]
        tumor, kind = float(self.tumor[index]), int(self.type_index[index])
        if how.carve and generator.random() < how.carve:
            carved = self._carved(index, generator)
            if carved is not None:
                image, mask = carved
                # A tumor in another head says nothing of where its type grows.
                tumor, kind = 1.0 - tumor, -1
        image, changed = augment(image, mask, how, generator)
        assert changed is not None
        return image, changed, tumor, kind

    def _carved(
        self, index: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray] | None:
        image, mask = self.images[index], self.masks[index]
        if self.tumor[index] == 0:
            donors = self._donors[self._flair[index]]
            if not len(donors):
                return None
            donor = int(generator.choice(donors))
            return paste_tumor(image, self.images[donor], self.masks[donor], generator)
        without = erase_tumor(image, mask)
        return None if without is None else (without, np.zeros_like(mask))

    def evidence(self, index: int, mask: np.ndarray, cells: int) -> np.ndarray:
        """Return the share of tumor in each cell of a mask: ``(cells, cells)`` float32.

        -1 where the outline of the image at ``index`` is unknown.
        """
        if not self.mask_known[index]:
            return np.full((cells, cells), UNKNOWN, np.float32)
        shares = cv2.resize(mask.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
        return np.asarray(shares)

    def batches(
        self, batch_size: int, *, epoch: int, seed: int, how: Augmentation, cells: int
    ) -> tf.data.Dataset:
        """Return one epoch of augmented training batches as a ``tf.data`` pipeline.

        Each batch is ``(image, tumor, type, evidence)``: ``(b, size, size, 1)`` float32 in
        [0, 1]; ``(b,)`` float32; ``(b,)`` int32; ``(b, cells, cells)`` float32 share of tumor
        in each cell, -1 where the outline is unknown. The same epoch and seed give the same
        batches. The last, incomplete batch is dropped.
        """
        import tensorflow as tf

        size = self.preprocessing.size

        def load(index: np.ndarray) -> tuple[np.ndarray, np.float32, np.int32, np.ndarray]:
            image, mask, tumor, kind = self.sample(int(index), epoch, seed, how)
            evidence = self.evidence(int(index), mask, cells)
            scaled = image[..., None].astype(np.float32) / np.float32(255)
            return scaled, np.float32(tumor), np.int32(kind), evidence

        def example(index: tf.Tensor) -> tuple[tf.Tensor, ...]:
            image, tumor, kind, evidence = tf.numpy_function(
                load, [index], [tf.float32, tf.float32, tf.int32, tf.float32]
            )
            return (
                tf.ensure_shape(image, (size, size, 1)),
                tf.ensure_shape(tumor, ()),
                tf.ensure_shape(kind, ()),
                tf.ensure_shape(evidence, (cells, cells)),
            )

        order = self.order(epoch, seed)
        return (
            tf.data.Dataset.from_tensor_slices(order)
            .map(example, num_parallel_calls=2)
            .batch(batch_size, drop_remainder=len(order) >= batch_size)
            .prefetch(4)
        )
