"""The pictures the gate is fitted on and measured with, as what the gate judges by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.errors import InputRejected, ModelUnavailable
from brainscan.imaging.files import find_images
from brainscan.imaging.phantom import Lesion, phantom_png, phantom_slice
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference.gate_traits import gate_values
from brainscan.inference.runtime import Runtime
from brainscan.training.gate_variety import degraded, resliced, stacks
from brainscan.training.impostors import KINDS, impostors

RESLICED = "coronal and sagittal cuts"
DEGRADED = "degraded slices"
_SEED = 20
_WORKERS = 4
_STACKS = 24  # stacks cut in other planes: every one is read whole


@dataclass(frozen=True)
class Source:
    """One picture to look at: its kind, what must stay on one side of a split, how to get it."""

    kind: str
    group: str
    read: Callable[[], Scan]


@dataclass(frozen=True, eq=False)
class Pictures:
    """What the gate judges by, of several pictures.

    Attributes
    ----------
    values
        ``(n, d)`` float64, as :func:`brainscan.inference.gate_traits.gate_values` returns them.
    kinds, groups
        ``(n,)`` str.
    unread
        Kind of every picture that was refused before the gate: blank, tiny or damaged.
    """

    values: np.ndarray
    kinds: np.ndarray
    groups: np.ndarray
    unread: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, chosen: np.ndarray) -> Pictures:
        """Return the pictures at a mask or at indices."""
        return Pictures(self.values[chosen], self.kinds[chosen], self.groups[chosen])


def genuine_sources(dataset: Dataset, limit: int, seed: int = _SEED) -> list[Source]:
    """Return a random sample of a dataset, every source and sequence alike as far as it goes."""
    strata: dict[str, list[Source]] = defaultdict(list)
    for record in dataset.records:
        # A patient's slices stay together whatever their sequence.
        group = record.group or f"{record.stratum}/{record.name}"
        strata[record.stratum].append(Source(record.stratum, group, _file(record.path)))
    chosen: list[Source] = []
    for left, name in zip(
        range(len(strata), 0, -1), sorted(strata, key=lambda n: (len(strata[n]), n)), strict=True
    ):
        share = (limit - len(chosen)) // left
        members = strata[name]
        order = np.random.default_rng([seed, left]).permutation(len(members))[:share]
        chosen += [members[index] for index in sorted(order)]
    return chosen


def other_sources(folder: Path) -> list[Source]:
    """Return the pictures of a folder; the kind is the name up to the first hyphen."""
    return [Source(p.name.split("-")[0], p.name, _file(p)) for p in find_images(folder)]


def phantom_sources(count: int) -> list[Source]:
    """Return synthetic slices, which the gate must let pass: they are samples on the screen."""
    lesions = get_args(Lesion)
    return [
        Source("phantom", f"phantom/{seed}", _phantom(seed, lesions[seed % len(lesions)]))
        for seed in range(count)
    ]


def drawn_sources(genuine: Sequence[Source], per_kind: int, seed: int = _SEED) -> Iterator[Source]:
    """Yield pictures drawn in code, some of them made from genuine slices."""
    scans = [source.read().pixels for source in genuine[:: max(1, len(genuine) // 100)]]
    slices = [pixels for pixels in scans if pixels.dtype == np.uint8]
    for kind, pixels in impostors(slices, per_kind=per_kind, seed=seed):
        yield Source(kind, kind, _known(Scan(pixels, kind, "", "PNG", "L")))


def varied_sources(dataset: Dataset, limit: int, seed: int = _SEED) -> list[Source]:
    """Return genuine slices cut in other planes, and some changed as other places change them."""
    found: list[Source] = []
    every = stacks(dataset)
    chosen = every[:: -(-len(every) // _STACKS)] if every else []
    each = -(-limit // (2 * len(chosen))) if chosen else 0
    for number, stack in enumerate(chosen):
        group = f"{stack[0].stratum}/{stack[0].group}"
        rng = np.random.default_rng([seed, number])
        for cut in resliced(rng, stack, each)[: max(0, limit // 2 - len(found))]:
            found.append(Source(RESLICED, group, _known(Scan(cut, RESLICED, "", "PNG", "L"))))
    for number, source in enumerate(genuine_sources(dataset, limit - len(found), seed + 1)):
        pixels = degraded(np.random.default_rng([seed, number, 1]), source.read().pixels)
        scan = Scan(pixels, DEGRADED, "", "PNG", "L")
        found.append(Source(DEGRADED, source.group, _known(scan)))
    return found


def is_drawn(kinds: np.ndarray) -> np.ndarray:
    """Return ``(n,)`` bool: which kinds are drawn in code."""
    return np.isin(kinds, list(KINDS))


def look(
    sources: Sequence[Source],
    runtime: Runtime,
    how: Preprocessing,
    progress: Callable[[int], None] = lambda done: None,
) -> Pictures:
    """Read pictures and let the network look at them.

    Raises
    ------
    ModelUnavailable
        When the network has no ``"embedding"`` output, or no picture could be read.
    """

    def one(source: Source) -> np.ndarray | None:
        try:
            scan = source.read()
            image, geometry = preprocess(scan.pixels, how, scan.aspect)
        except InputRejected:
            return None
        embedding = runtime.forward(image[None]).embedding
        if embedding is None:
            raise ModelUnavailable(
                "The exported network has no embedding, which the input gate needs. "
                "Release the model again with this version of BrainScan."
            )
        return gate_values(scan, image, geometry, embedding[0])

    rows: list[np.ndarray | None] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for number, row in enumerate(pool.map(one, sources), start=1):
            rows.append(row)
            progress(number)
    read = [(s, row) for s, row in zip(sources, rows, strict=True) if row is not None]
    if not read:
        raise ModelUnavailable("None of the pictures for the input gate could be read.")
    return Pictures(
        np.stack([row for _, row in read]),
        np.array([source.kind for source, _ in read]),
        np.array([source.group for source, _ in read]),
        tuple(s.kind for s, row in zip(sources, rows, strict=True) if row is None),
    )


def _file(path: Path) -> Callable[[], Scan]:
    return lambda: read_scan(path)


def _phantom(seed: int, lesion: Lesion) -> Callable[[], Scan]:
    return lambda: read_scan(phantom_png(phantom_slice(seed, lesion=lesion)), name="phantom.png")


def _known(scan: Scan) -> Callable[[], Scan]:
    return lambda: scan
