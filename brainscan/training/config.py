"""Settings of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from brainscan.data.augmentation import Augmentation
from brainscan.errors import TrainingError
from brainscan.imaging.preprocessing import Preprocessing


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides how a run goes; stored as ``config.json``.

    Attributes
    ----------
    architecture
        ``"resnet50"`` or ``"custom_cnn"``.
    datasets
        Paths of the labelled datasets.
    tumor_free
        Paths of folders whose images are all tumor-free.
    folds
        Folds used (training and validation); empty: all.
    validation_share
        Share of the images, in whole groups, held out to choose the epoch and to calibrate.
    whole
        Sources of which nothing is held out, because their groups are too large to spare. What
        the remaining sources cannot calibrate (the types, as a rule) then needs a run that held
        them out.
    together
        What is never parted into training and validation: ``"looks"``: the groups that the data
        names and all near-duplicates; ``"groups"``: those groups alone, as in runs that were begun
        before there was a choice.
    types
        Tumor types the network tells apart; empty for a binary network.
    weights
        Start of the ResNet50 base: ``"imagenet"``, an ``.npz`` path, or ``"none"``.
    head_epochs, epochs
        Epochs with the base frozen, and epochs in all.
    frozen
        Stages of the base that stay frozen after the head epochs.
    learning_rate, head_learning_rate
        Peak rates of the two stages; each warms up and then falls as a cosine.
    weight_decay
        Of AdamW (arXiv:1711.05101).
    average
        Decay of the exponential moving average of the weights, which is what is validated
        and released.
    patience
        Epochs without a better ``val_score`` after which the run ends.
    keep
        Epoch to release: ``"best"`` by ``val_score``, or ``"last"``, where the validation slices
        cannot judge all that is learned (types of a source that trains whole).
    tumor_from
        ``"features"``: the tumor head weighs the strongest evidence and the mean features of the
        whole slice; ``"evidence"``: it reads the strongest evidence alone, so that what is not
        somewhere in the evidence map cannot make a tumor.
    outlines
        ``"none"``: no decoder; ``"joint"``: the decoder learns with the rest; ``"only"``: the
        decoder learns on a network that stays as it is.
    precision
        Keras dtype policy: ``"float32"`` or ``"mixed_bfloat16"``.
    """

    architecture: str
    datasets: tuple[str, ...]
    tumor_free: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    validation_share: float = 0.15
    whole: tuple[str, ...] = ()
    together: str = "groups"
    types: tuple[str, ...] = ()
    weights: str = "imagenet"
    head_epochs: int = 1
    epochs: int = 12
    batch_size: int = 16
    frozen: tuple[str, ...] = ("conv1_", "conv2_")
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    label_smoothing: float = 0.05
    evidence_weight: float = 2.0
    type_weight: float = 1.0
    average: float = 0.998
    patience: int = 6
    keep: str = "best"
    tumor_from: str = "features"
    outlines: str = "none"
    outline_weight: float = 1.0
    precision: str = "float32"
    seed: int = 20
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        checks = {
            "epochs must be at least 1": self.epochs >= 1,
            "head_epochs must be between 0 and epochs": 0 <= self.head_epochs <= self.epochs,
            "batch_size must be between 1 and 1024": 1 <= self.batch_size <= 1024,
            "learning_rate must be above 0 and at most 1": 0 < self.learning_rate <= 1,
            "validation_share must lie between 0.02 and 0.5": (
                0.02 <= self.validation_share <= 0.5
            ),
            "average must lie in [0, 1)": 0 <= self.average < 1,
            "patience must be at least 1": self.patience >= 1,
            "together must be groups or looks": self.together in ("groups", "looks"),
            "keep must be best or last": self.keep in ("best", "last"),
            "tumor_from must be features or evidence": self.tumor_from in ("features", "evidence"),
            "outlines must be none, joint or only": self.outlines in ("none", "joint", "only"),
        }
        for sentence, holds in checks.items():
            if not holds:
                name = sentence.split()[0]
                raise TrainingError(f"{sentence}; it is {getattr(self, name)}.")
        if not 0 <= self.augmentation.carve <= 1:
            raise TrainingError(f"carve must lie in [0, 1]; it is {self.augmentation.carve}.")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        values = asdict(self)
        values["preprocessing"] = self.preprocessing.to_json()
        values["augmentation"] = self.augmentation.to_json()
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainingConfig:
        """Rebuild the settings; keys of other origin are ignored."""
        known = {f.name for f in fields(cls)}
        kept: dict[str, Any]
        kept = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known}
        kept["preprocessing"] = Preprocessing.from_json(values["preprocessing"])
        kept["augmentation"] = Augmentation(**values["augmentation"])
        return cls(**kept)
