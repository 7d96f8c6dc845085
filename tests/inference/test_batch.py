"""Many files: order, failures, cancelling, memory."""

from pathlib import Path

import pytest

from brainscan.errors import Cancelled
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.batch import predict_files, worker_count
from brainscan.inference.classifier import TumorClassifier


@pytest.fixture(scope="module")
def classifier() -> TumorClassifier:
    return TumorClassifier.load("custom_cnn", runtime="openvino-throughput")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("batch")
    paths = []
    for seed in range(9):
        path = folder / f"{seed}.png"
        path.write_bytes(phantom_png(phantom_slice(seed, size=96)))
        paths.append(path)
    paths[3].write_bytes(b"not a picture at all")
    paths[6] = folder / "gone.png"
    return paths


def test_results_keep_the_order_and_failures_do_not_stop(
    classifier: TumorClassifier, files: list[Path]
) -> None:
    results = list(predict_files(classifier, files))
    assert [result.path for result in results] == files
    assert [result.status for result in results].count("ok") == 7
    assert results[3].status == "rejected"
    assert results[6].status == "error"
    for result in (results[3], results[6]):
        assert result.reason
        assert result.reason.endswith(".")
        assert result.prediction is None


def test_threads_give_the_same_answers_as_one_call(
    classifier: TumorClassifier, files: list[Path]
) -> None:
    for result in predict_files(classifier, files):
        if result.scan:
            alone = classifier.predict(result.scan)
            assert result.prediction
            assert result.prediction.tumor_probability == alone.tumor_probability


def test_files_are_read_lazily(classifier: TumorClassifier, files: list[Path]) -> None:
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield files[0]

    results = predict_files(classifier, endless())
    for _ in range(5):
        next(results)
    results.close()
    assert len(asked) <= 2 * worker_count() + 5


def test_cancelling(classifier: TumorClassifier, files: list[Path]) -> None:
    seen = []
    with pytest.raises(Cancelled):
        for result in predict_files(classifier, files * 20, cancel=lambda: len(seen) >= 4):
            seen.append(result)
    assert 4 <= len(seen) < 40
