"""Speed of prediction, against named alternatives in the same run.

    python -m benchmarks.speed [--model resnet50] [--repeats 20] [--images 200 2000]

"Bare runtime" is OpenVINO called directly with prepared inputs: no decoding, no preprocessing,
no copies, no maps. Each figure is a median; each ratio pairs measurements taken in turn, so that
a drift of the machine's speed does not favour one side. Slices are synthetic phantoms.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.speed_outline import outline
from benchmarks.speed_table import Row, as_input, bare_runtime, in_turn, print_rows
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.preprocessing import preprocess
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import open_release
from brainscan.inference.runtime import WEIGHTS

LESIONS = ("none", "glioma", "meningioma", "pituitary")
DISTINCT = 40


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--images", type=int, nargs=2, default=(200, 2000))
    args = parser.parse_args()
    rows = list(cold(args.model))
    with tempfile.TemporaryDirectory() as folder:
        files = write_slices(Path(folder))
        rows += memory(args.model, files, args.images)
        rows += batch(args.model, files * 5)
        scan = read_scan(files[1])
        rows += outline(args.model, scan, args.repeats)
        rows += single(args.model, scan, args.repeats)
    print_rows(rows)


def write_slices(folder: Path) -> list[Path]:
    """Write phantoms as PNG files."""
    files = []
    for seed in range(DISTINCT):
        lesion = LESIONS[seed % len(LESIONS)]
        path = folder / f"{seed:03d}.png"
        path.write_bytes(phantom_png(phantom_slice(seed, lesion=lesion, size=400)))  # type: ignore[arg-type]
        files.append(path)
    return files


def cold(model: str) -> Iterator[Row]:
    """Measure fresh processes: the import, and the first prediction."""
    nothing = seconds_of("pass")
    imported = seconds_of("import brainscan") - nothing
    yield Row("import brainscan", f"{imported:.3f} s", "empty process", "", "< 0.3 s")
    code = (
        "from brainscan.imaging.phantom import phantom_png, phantom_slice\n"
        "from brainscan import TumorClassifier, read_scan\n"
        f"TumorClassifier.load({model!r}).predict(read_scan(phantom_png(phantom_slice(1))))"
    )
    first = seconds_of(code)
    yield Row("first prediction of a cold process", f"{first:.2f} s", "", "", "< 3 s")


def seconds_of(code: str, repeats: int = 3) -> float:
    """Return the median wall time of a fresh Python process running ``code``."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def look_at(prediction: Prediction) -> None:
    """Make what the page shows of an answer: the heat map, and the mask where there is one."""
    prediction.evidence.on_slice()
    prediction.mask()


def single(model: str, scan: Scan, repeats: int) -> Iterator[Row]:
    """Measure one warm prediction with its heat map."""
    classifier = TumorClassifier.load(model)
    image, _ = preprocess(scan.pixels, classifier.release.preprocessing)
    request = bare_runtime(model, "LATENCY").create_infer_request()
    inputs = as_input(image)

    def ours() -> None:
        look_at(classifier.predict(scan))

    def bare() -> None:
        request.infer([inputs], share_inputs=True, share_outputs=True)

    common = common_way(model, image)
    times = in_turn({"ours": ours, "bare": bare, "common": common}, repeats)
    mine = times["ours"]
    yield Row(
        "warm prediction with heat map and mask, one slice",
        f"{np.median(mine) * 1e3:.1f} ms",
        f"model.predict and eager Grad-CAM: {np.median(times['common']) * 1e3:.0f} ms",
        f"{np.median(times['common'] / mine):.1f} times faster",
        ">= 6 times",
    )
    yield Row(
        "the same",
        f"{np.median(mine) * 1e3:.1f} ms",
        f"bare runtime forward pass: {np.median(times['bare']) * 1e3:.1f} ms",
        f"{np.median(mine / times['bare']):.2f} of it",
        "<= 1.3",
    )


def common_way(model: str, image: np.ndarray) -> Callable[[], None]:
    """Return what most tutorials do with the same weights."""
    import keras
    import tensorflow as tf

    from brainscan.networks.build import build_network
    from brainscan.networks.heads import FEATURES
    from brainscan.networks.weights import load_weights

    release = open_release(model)
    network = build_network(
        release.architecture, size=release.preprocessing.size, types=release.types
    )
    load_weights(network, release.folder / WEIGHTS)
    both = keras.Model(network.input, [network.get_layer(FEATURES).output, network.output])
    batch_of_one = image[None, ..., None].astype(np.float32) / 255

    def run() -> None:
        network.predict(batch_of_one, verbose=0)
        with tf.GradientTape() as tape:
            features, answer = both(batch_of_one, training=False)
            logit = answer["tumor"]
        weights = tf.reduce_mean(tape.gradient(logit, features), axis=(1, 2), keepdims=True)
        heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1))
        tf.image.resize(heat[..., None], (400, 400)).numpy()

    return run


def batch(model: str, files: list[Path]) -> Iterator[Row]:
    """Measure many files, decoding, heat maps and masks included, against the bare forward pass."""
    from openvino import AsyncInferQueue

    classifier = TumorClassifier.load(model, runtime="openvino-throughput")
    how = classifier.release.preprocessing
    images = [preprocess(read_scan(path).pixels, how)[0] for path in files[:DISTINCT]]
    inputs = [as_input(image) for image in images] * (len(files) // DISTINCT)
    queue = AsyncInferQueue(bare_runtime(model, "THROUGHPUT"))

    def ours() -> None:
        for result in predict_files(classifier, files):
            assert result.prediction
            look_at(result.prediction)

    def bare() -> None:
        for batch_of_one in inputs:
            queue.start_async([batch_of_one], share_inputs=True)
        queue.wait_all()

    times = in_turn({"ours": ours, "bare": bare}, 5)
    rates = {name: len(files) / seconds for name, seconds in times.items()}
    yield Row(
        f"batch of {len(files)} files, decoding, heat maps and masks included",
        f"{np.median(rates['ours']):.1f} slices/s",
        f"bare runtime: {np.median(rates['bare']):.1f} slices/s",
        f"{np.median(rates['ours'] / rates['bare']):.2f} of it",
        ">= 0.8",
    )


_PEAK = """
import sys
from pathlib import Path
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier
model, count, *files = sys.argv[1:]
paths = (Path(files[i % len(files)]) for i in range(int(count)))
classifier = TumorClassifier.load(model, runtime="openvino-throughput")
for result in predict_files(classifier, paths):
    result.prediction.evidence.on_slice()
    result.prediction.mask()
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def memory(model: str, files: list[Path], counts: tuple[int, int]) -> Iterator[Row]:
    """Measure the peak memory of a whole process for few and for many files."""
    if sys.platform == "win32":
        return
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = []
    for count in counts:
        command = [sys.executable, "-c", _PEAK, model, str(count), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) * unit / 1e6)
    yield Row(
        f"peak memory, {counts[1]} files",
        f"{peaks[1]:.0f} MB",
        f"{counts[0]} files: {peaks[0]:.0f} MB",
        f"{peaks[1] / peaks[0]:.2f} of it",
        "flat",
    )


if __name__ == "__main__":
    main()
