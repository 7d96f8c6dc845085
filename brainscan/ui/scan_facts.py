"""What a file says about its slice, in words; nothing that tells who the patient is."""

from __future__ import annotations

from collections.abc import Mapping

from brainscan.imaging.limits import human_bytes
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.ui.viewer.payload import shown_window

_CURVES = {"LINEAR_EXACT": ", linear exact", "SIGMOID": ", sigmoid", "TABLE": ", lookup table"}


def file_facts(scan: Scan, size_bytes: int) -> dict[str, str]:
    """Return name and value pairs about a scan as it was in its file."""
    facts = {
        "Format": f"{scan.format}, {_mode(scan)}",
        "Size": f"{scan.width} × {scan.height} pixels",
        "Values": f"{scan.pixels.min():g} to {scan.pixels.max():g} ({scan.pixels.dtype})",
    }
    if scan.spacing is not None:
        facts["Pixel"] = f"{scan.spacing[1]:.3g} × {scan.spacing[0]:.3g} mm (across, down)"
    if scan.letters is not None:
        letters = scan.letters
        facts["Edges"] = (
            f"left {letters.left}, right {letters.right}, top {letters.top}, "
            f"bottom {letters.bottom}"
        )
    if scan.sequence is not None:
        facts["Sequence"] = f"{scan.sequence.words}. {scan.sequence.reason}"
    if scan.format == "DICOM":
        facts["Window"] = "; ".join(map(_window, scan.windows)) or "none in the file"
    return facts | {"File": human_bytes(size_bytes), "SHA-256": scan.sha256[:16]}


def states_sequence(facts: Mapping[str, str]) -> bool:
    """Return whether a file tells its sequence, by the facts of `file_facts`."""
    return not facts.get("Sequence", "Unknown").startswith("Unknown")


def _mode(scan: Scan) -> str:
    """Return how pixels are stored: of DICOM the photometric interpretation and the bits."""
    photometric, _, bits = scan.mode.partition(";")
    return f"{photometric}, {bits} bits" if scan.format == "DICOM" else scan.mode


def _window(voi: Voi) -> str:
    width, level = shown_window(voi)
    return f"{voi.label}: width {width:g}, level {level:g}{_CURVES.get(voi.function, '')}"
