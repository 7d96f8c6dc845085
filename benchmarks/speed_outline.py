"""What the outline costs: the served network with its decoder, and the same network without.

The network without is the same ``model.xml`` with the outline's output taken away; OpenVINO then
drops the decoder's nodes, which nothing else reads. Both run in one process, in turn, with the
settings of our runtime, so that the ratio is that of the two networks and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.speed_table import Row, as_input, bare_settings, in_turn
from brainscan.imaging.preprocessing import preprocess
from brainscan.imaging.scan import Scan
from brainscan.inference.release import XML, Release, open_release

_OUTLINE = "outline"
_WANTED = "<= 1.35"
_MANY = 40
_DRAWN, _CUT = "drawn", "cut"


def outline(model: str, scan: Scan, repeats: int) -> Iterator[Row]:
    """Measure one forward pass, and many, with and without the outline; nothing where it has none.

    Parameters
    ----------
    model
        Name of the release.
    scan
        Any slice.
    repeats
        Forward passes of each network.
    """
    release = open_release(model)
    if release.segmentation is None:
        return
    image, _ = preprocess(scan.pixels, release.preprocessing)
    inputs = as_input(image)
    ways = {name: _one(release, inputs, cut=name == _CUT) for name in (_DRAWN, _CUT)}
    yield _row("forward pass with the outline", in_turn(ways, repeats), 1)
    ways = {name: _many(release, inputs, cut=name == _CUT) for name in (_DRAWN, _CUT)}
    yield _row(f"the same, {_MANY} slices at once", in_turn(ways, max(3, repeats // 4)), _MANY)


def _row(what: str, times: dict[str, np.ndarray], slices: int) -> Row:
    drawn, cut = times[_DRAWN], times[_CUT]
    return Row(
        what,
        f"{np.median(drawn) / slices * 1e3:.1f} ms a slice",
        f"the same network, its decoder cut off: {np.median(cut) / slices * 1e3:.1f} ms",
        f"{np.median(drawn / cut):.2f} of it",
        _WANTED,
    )


def compiled(release: Release, hint: str, *, cut: bool) -> Any:
    """Return the release's network as OpenVINO compiles it, with or without its decoder."""
    import openvino

    network = openvino.Core().read_model(release.folder / XML)
    if cut:
        without_outline(network)
    return openvino.compile_model(network, "CPU", bare_settings(hint))


def without_outline(network: Any) -> None:
    """Take the outline's output away from an OpenVINO model, and with it the decoder's nodes.

    Raises
    ------
    ValueError
        When the model has no such output.
    """
    for result in network.get_results():
        if _OUTLINE in result.input_value(0).get_names():
            network.remove_result(result)
            return
    msg = f"the model has no output {_OUTLINE!r} to take away"
    raise ValueError(msg)


def _one(release: Release, inputs: np.ndarray, *, cut: bool) -> Callable[[], None]:
    request = compiled(release, "LATENCY", cut=cut).create_infer_request()

    def run() -> None:
        request.infer([inputs], share_inputs=True, share_outputs=True)

    return run


def _many(release: Release, inputs: np.ndarray, *, cut: bool) -> Callable[[], None]:
    from openvino import AsyncInferQueue

    queue = AsyncInferQueue(compiled(release, "THROUGHPUT", cut=cut))

    def run() -> None:
        for _ in range(_MANY):
            queue.start_async([inputs], share_inputs=True)
        queue.wait_all()

    return run
