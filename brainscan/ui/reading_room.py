"""From dropped files to answers: intake, decoding and prediction for the Diagnose page."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np

from brainscan.errors import InputRejected, NotBrainMR
from brainscan.imaging.phantom import Lesion, phantom_png, phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.imaging.windowing import apply_window
from brainscan.inference.prediction import Prediction
from brainscan.ui import outlines
from brainscan.ui.corrections import Receipt, keep
from brainscan.ui.models import Reader
from brainscan.ui.scan_facts import file_facts
from brainscan.ui.store import Stores
from brainscan.ui.viewer.payload import ViewerMap, first_window, viewer_maps
from brainscan.ui.worklist import Row, Worklist

SAMPLES: tuple[tuple[str, Lesion, int], ...] = (
    ("synthetic-1-glioma.png", "glioma", 11),
    ("synthetic-2-no-tumour.png", "none", 12),
    ("synthetic-3-meningioma.png", "meningioma", 13),
    ("synthetic-4-pituitary.png", "pituitary", 14),
    ("synthetic-5-no-tumour.png", "none", 15),
)
_THUMBNAIL = 64


def add_files(
    worklist: Worklist,
    stores: Stores,
    files: Iterable[tuple[str, bytes]],
    *,
    synthetic: bool = False,
) -> int:
    """Put files on the worklist, unread; return how many were there already."""
    known = 0
    for name, data in files:
        sha256 = hashlib.sha256(data).hexdigest()
        stores.files.put((worklist.session, sha256), data, len(data))
        known += not worklist.add(Row(sha256, name, len(data), synthetic))
    return known


@lru_cache(maxsize=1)
def sample_files() -> tuple[tuple[str, bytes], ...]:
    """Return synthetic slices, drawn once a process, as name and PNG bytes."""
    return tuple(
        (name, phantom_png(phantom_slice(seed, lesion=lesion))) for name, lesion, seed in SAMPLES
    )


def forget(worklist: Worklist, stores: Stores, rows: Iterable[Row]) -> None:
    """Take rows off the list and their pixels and bytes out of memory; outlines drawn stay."""
    for row in list(rows):
        worklist.remove(row.sha256)
        stores.files.discard((worklist.session, row.sha256))
        stores.scans.discard(row.sha256)
        for model_key in row.answers:
            stores.predictions.discard((model_key, row.sha256))
            stores.maps.discard((model_key, row.sha256))


def scan_of(row: Row, session: str, stores: Stores) -> Scan:
    """Return a row's decoded scan, decoding it again if it left memory.

    Raises
    ------
    InputRejected
        If the file is not a scan, or its bytes have left memory too.
    """
    kept = stores.scans.get(row.sha256)
    if kept is not None and kept.name == row.name:
        return kept
    data = stores.files.get((session, row.sha256))
    if data is None:
        raise InputRejected(
            f"{row.name} has left memory because many other files were added since. "
            "Remove it from the list and add it again."
        )
    scan = read_scan(data, name=row.name)
    stores.scans.put(row.sha256, scan, scan.pixels.nbytes)
    return scan


def prediction_of(row: Row, session: str, stores: Stores, reader: Reader) -> Prediction:
    """Return what the model says about a row, asking the network only once.

    Raises
    ------
    NotBrainMR
        If the model's input gate refuses the picture and the reader has not overruled it.
    InputRejected
        If the scan cannot be read or shows nothing to predict from.
    """
    key = (reader.key, row.sha256)
    prediction = stores.predictions.get(key)
    if prediction is None:
        prediction = reader.predict(scan_of(row, session, stores), gate=not row.anyway)
        stores.predictions.put(key, prediction, _bytes_of(prediction))
    if prediction.refusal and not row.anyway:  # answered for somebody who overruled the gate
        raise NotBrainMR(prediction.refusal)
    return prediction


def _bytes_of(prediction: Prediction) -> int:
    """Return how much memory an answer takes, with the outlines it makes of its own when asked."""
    grids = 4 * prediction.evidence.grid.size * (1 + len(prediction.gradcam))
    if prediction.segmentation is None:
        return grids
    place = prediction.segmentation.geometry
    # Probability as float32, and three masks: its own, inner and outer.
    return grids + prediction.segmentation.ways.nbytes + 7 * place.slice_height * place.slice_width


def maps_of(row: Row, session: str, stores: Stores, reader: Reader) -> tuple[ViewerMap, ...]:
    """Return the viewer's maps of a row, made once."""
    key = (reader.key, row.sha256)
    maps = stores.maps.get(key)
    if maps is None:
        prediction = prediction_of(row, session, stores, reader)
        maps = viewer_maps(prediction, reader.release.manifest)
        stores.maps.put(key, maps, sum(entry.values.nbytes for entry in maps))
    return maps


def keep_outline(worklist: Worklist, stores: Stores, sent: object, model_key: str) -> Receipt:
    """Keep the outline that the viewer sent, see :func:`brainscan.ui.corrections.keep`."""
    return keep(worklist, sent, lambda row: scan_of(row, worklist.session, stores), model_key)


def read_row(row: Row, session: str, stores: Stores, reader: Reader | None) -> None:
    """Read one file and, with a model, predict; the outcome is written into the row."""
    try:
        scan = scan_of(row, session, stores)
        row.facts = file_facts(scan, row.size_bytes)
        row.warnings = scan.warnings
        row.thumbnail = row.thumbnail or _thumbnail(scan)
        if reader is not None:
            prediction = prediction_of(row, session, stores, reader)
            row.answers[reader.key] = prediction.to_json()
            row.outlines[reader.key] = outlines.figures(scan, prediction.segmentation)
    except NotBrainMR as refusal:
        row.refusals[reader.key if reader else ""] = str(refusal)
    except InputRejected as rejection:
        row.status, row.reason = "rejected", str(rejection)
        return
    row.status = "ok"


def read_anyway(row: Row) -> None:
    """Let the models answer for a picture that their input gates refuse."""
    row.anyway = True


def read_some(
    worklist: Worklist, stores: Stores, reader: Reader | None, *, budget_s: float
) -> Iterable[Row]:
    """Read waiting rows, the selected one first, until the time is spent; yield each row read.

    Without a model the scans are decoded only.
    """
    end = time.monotonic() + budget_s
    for row in worklist.waiting(reader.key if reader else ""):
        read_row(row, worklist.session, stores, reader)
        yield row
        if time.monotonic() > end:
            return


def forget_volume(worklist: Worklist, stores: Stores, key: str) -> None:
    """Take a volume's card away and its files out of memory."""
    worklist.volumes.pop(key, None)
    stores.volumes.discard((worklist.session, key))


def clear(worklist: Worklist, stores: Stores) -> None:
    """Take everything off the list and out of memory."""
    forget(worklist, stores, worklist.rows.values())
    for key in list(worklist.volumes):
        forget_volume(worklist, stores, key)
    worklist.notices = ()


def _thumbnail(scan: Scan) -> str:
    height, width = scan.height * scan.aspect, float(scan.width)
    factor = _THUMBNAIL / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(scan.pixels, size, interpolation=cv2.INTER_AREA)
    if scan.windows:
        shown = scan.windows[0].apply(small)
    else:
        shown = apply_window(small, first_window(scan))
    gray = np.rint(shown * 255.0).astype(np.uint8)
    _, data = cv2.imencode(".webp", gray, [cv2.IMWRITE_WEBP_QUALITY, 70])
    return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode()
