"""The figures of the baselines beside the model's, and what they say of a labelled set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brainscan.evaluation.intervals import Estimate

NAMES = {
    "border": "Border pixels alone",
    "file_size": "File size alone",
    "file": "File size, dimensions, format and mode",
    "nearest": "Most similar picture (1-NN, 32 px)",
}
"""Baselines in the order they are shown, and their names for people."""

EVERYTHING = "all images"
_HIGH, _MIDDLE = 0.90, 0.70
_CHANCE = 0.5


@dataclass(frozen=True)
class Comparison:
    """The AUROC of the model and of the baselines on the same images.

    Attributes
    ----------
    name
        `EVERYTHING`, or a source with its sequence.
    n_tumor, n_no_tumor
        Images compared.
    model
        AUROC of the model.
    baselines
        Key of `NAMES` to AUROC.
    """

    name: str
    n_tumor: int
    n_no_tumor: int
    model: Estimate
    baselines: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_no_tumor,
            "model": self.model.to_json(),
            **{key: figure.to_json() for key, figure in self.baselines.items()},
        }


@dataclass(frozen=True)
class Baselines:
    """Baselines beside the model, overall and wherever both classes occur.

    Attributes
    ----------
    parts
        All images first, then every source (and sequence) with enough of both classes.
    types_model, types_nearest
        Share of tumors of known type given that type, by the model and by the most similar
        tumor of another group; ``None`` where there are fewer than two types.
    notes
        Sentences on what was held out.
    """

    parts: tuple[Comparison, ...]
    types_model: Estimate | None
    types_nearest: Estimate | None
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One plain sentence on what a high figure on these images is worth."""
        if not self.parts:
            return "There are too few images of both classes to measure baselines."
        known = {
            key: figure.value
            for key, figure in self.parts[0].baselines.items()
            if figure.value is not None
        }
        if not known:
            return "There are too few groups of both classes to measure baselines."
        key = max(known, key=lambda name: known[name])
        value, least = known[key], self.parts[0].baselines[key].low
        first = f"{_SUBJECTS[key]} tells tumour from no tumour with AUROC {value:.2f} here: "
        if value >= _HIGH:
            return f"{first}a high figure on this set proves little."
        if value >= _MIDDLE or (least is not None and least > _CHANCE):
            return f"{first}part of any high figure on this set can come from that."
        return f"{first}a high figure on this set comes from something the baselines do not use."

    def to_json(self) -> dict[str, Any]:
        types = None
        if self.types_model is not None and self.types_nearest is not None:
            types = {
                "model": self.types_model.to_json(),
                "nearest": self.types_nearest.to_json(),
            }
        return {
            "sentence": self.verdict,
            "notes": list(self.notes),
            "auroc": [part.to_json() for part in self.parts],
            "type_accuracy": types,
        }


_SUBJECTS = {
    "border": "The frame of the picture alone",
    "file_size": "The size of the file alone",
    "file": "The file alone (size, dimensions, format, mode)",
    "nearest": "Copying the label of the most similar picture",
}
