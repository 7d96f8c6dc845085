"""Settings of a run."""

import json

import pytest

from brainscan.data.augmentation import Augmentation
from brainscan.errors import TrainingError
from brainscan.training.config import TrainingConfig


def test_settings_survive_json() -> None:
    config = TrainingConfig("custom_cnn", ("a", "b"), folds=("1",), types=("glioma",), epochs=3)
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": 0}, "epochs must be at least 1; it is 0"),
        ({"head_epochs": 99}, "head_epochs must be between 0 and epochs; it is 99"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
        ({"validation_share": 0.9}, "between 0.02 and 0.5; it is 0.9"),
        ({"tumor_from": "outline"}, "tumor_from must be features or evidence; it is outline"),
        ({"augmentation": Augmentation(carve=1.5)}, "carve must lie in .0, 1.; it is 1.5"),
    ],
)
def test_impossible_settings_are_sentences(change: dict, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        TrainingConfig("resnet50", ("a",), **change)
