"""One line of an evaluation: what was expected of an image and what the model said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from brainscan.data.record import Record
from brainscan.data.seen import Seen
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.imaging.sequence import guess_from_file_name
from brainscan.inference.prediction import Decision
from brainscan.inference.reading import types_learned

ErrorKind = Literal["missed tumor", "false alarm", "wrong type"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("missed tumor", "false alarm", "wrong type")


@dataclass(frozen=True)
class ImageRow:
    """One image of the dataset, or one slice of a volume with a mask.

    Attributes
    ----------
    name
        Path relative to the dataset's root, with ``/``.
    label, type, group, source, sequence, fold
        As in `brainscan.data.dataset.Record`.
    stratum
        Source and, where given, sequence.
    status
        ``"ok"``, ``"rejected"`` (not a scan BrainScan reads) or ``"error"``.
    reason
        Sentence why there is no prediction; ``None`` when there is one.
    probability
        Tumor probability in [0, 1]; ``None`` without prediction.
    decision
        The model's own decision, with its indeterminate band.
    types
        Type name to probability given a tumor; empty without prediction or types, and where
        the types were not learned on scans of this sequence.
    peak
        Largest evidence value, a probability.
    hit
        Whether the maximum of the evidence lies inside the mask; ``None`` without a mask.
    sha256
        Hex digest of the file; empty when it could not be read.
    elapsed_ms
        Time of the prediction in milliseconds.
    seen
        ``"identical"`` or ``"near"`` when the image, or a near copy of it, took part in the
        model's training or validation; ``None`` when not, or when the release cannot tell.
    gate_refused
        Whether the input gate would have refused the image; it is answered and counted all the
        same.
    volume, slice
        Name of the volume a slice belongs to and its index along the plane; ``None`` for an
        image of its own.
    outline
        The model's outline beside the expert's; ``None`` where there is nothing to compare, for
        a release without a decoder or an image whose tumor has no mask.
    types_learned
        As in `brainscan.inference.prediction.Prediction`. Where not, the app names no type, and
        none is counted as right or wrong.
    """

    name: str
    label: str | None
    type: str | None
    group: str | None
    source: str
    stratum: str
    sequence: str | None
    fold: str | None
    status: Literal["ok", "rejected", "error"]
    reason: str | None = None
    probability: float | None = None
    decision: Decision | None = None
    types: tuple[tuple[str, float], ...] = ()
    peak: float | None = None
    hit: bool | None = None
    sha256: str = ""
    elapsed_ms: float | None = None
    gate_refused: bool = False
    seen: Seen | None = None
    volume: str | None = None
    slice: int | None = None
    outline: OutlineMatch | None = None
    types_learned: bool = True

    def __post_init__(self) -> None:
        if not self.types_learned:
            object.__setattr__(self, "types", ())

    @classmethod
    def of(cls, record: Record, **found: Any) -> ImageRow:
        """Return a row with what the dataset says of a record, and the attributes ``found``."""
        known = {
            "name": record.name,
            "label": record.label,
            "type": record.type,
            "group": record.group,
            "source": record.source,
            "stratum": record.stratum,
            "sequence": record.sequence,
            "fold": record.fold,
        }
        return cls(**(known | found))

    @property
    def best_type(self) -> str | None:
        """Most probable type whatever the decision, or ``None`` when the model names none."""
        return max(self.types, key=lambda pair: pair[1])[0] if self.types else None

    @property
    def names_types(self) -> bool:
        """Whether a type may be named: not where file or dataset tell of another sequence.

        Only the file's own word keeps a row out of the figures on types, see ``types_learned``.
        """
        told = guess_from_file_name(self.sequence) if self.sequence else None
        return self.types_learned and types_learned(told)

    def named_type(self, threshold: float) -> str | None:
        """Return the type to name at a threshold; ``None`` below it or where none is named."""
        named = self.answer(threshold) == "tumor" and self.names_types
        return self.best_type if named else None

    def answer(self, threshold: float) -> str | None:
        """Return ``"tumor"`` or ``"no_tumor"`` at a threshold, ``None`` without prediction."""
        if self.probability is None:
            return None
        return "tumor" if self.probability >= threshold else "no_tumor"

    def error(self, threshold: float) -> ErrorKind | None:
        """Return what is wrong with the answer at a threshold, ``None`` when nothing is."""
        answer = self.answer(threshold)
        if answer is None or self.label is None:
            return None
        if answer != self.label:
            return "missed tumor" if self.label == "tumor" else "false alarm"
        if answer == "tumor" and self.type and self.types and self.best_type != self.type:
            return "wrong type"
        return None

    def severity(self, kind: ErrorKind) -> float:
        """Return how confident the model would be in an error of this kind, in [0, 1].

        Larger is worse. It does not depend on the threshold: at any threshold the errors of
        a kind are the most severe ones. Zero when the image cannot be an error of the kind.
        """
        if self.probability is None:
            return 0.0
        if kind == "missed tumor":
            return 1.0 - self.probability if self.label == "tumor" else 0.0
        if kind == "false alarm":
            return self.probability if self.label == "no_tumor" else 0.0
        if self.type is None or self.best_type in (None, self.type):
            return 0.0
        known = dict(self.types)
        return max(known.values()) - known.get(self.type, 0.0)
