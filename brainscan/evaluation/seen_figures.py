"""What an evaluation says about images that took part in the model's training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from brainscan.evaluation.intervals import Estimate, proportion

if TYPE_CHECKING:
    from brainscan.evaluation.result import EvaluationResult

Level = Literal["unknown", "none", "few", "some", "many"]
_SOME, _MANY = 0.01, 0.20


def seen_share(result: EvaluationResult) -> Estimate:
    """Return the share of the images with a prediction that were seen in training."""
    return proportion(len(result.seen), result.predicted, "No image has a prediction.")


def seen_level(result: EvaluationResult) -> Level:
    """Return how much there is to say: ``"some"`` above 1 % of the images, ``"many"`` above 20 %.

    ``"unknown"`` for a release that does not record what it was trained on.
    """
    if result.seen_known is None:
        return "unknown"
    if not result.seen:
        return "none"
    share = len(result.seen) / max(1, result.predicted)
    return "many" if share > _MANY else "some" if share > _SOME else "few"


def seen_sentence(result: EvaluationResult) -> str:
    """Say in plain words how many images were seen in training, and what that means."""
    if not result.predicted:
        return "No image has a prediction, so none is compared with the training images."
    level = seen_level(result)
    if level == "unknown":
        return (
            f"{result.model.title} does not record which images it was trained on, so it cannot "
            "be known whether these were among them."
        )
    if level == "none":
        return (
            f"None of the {result.predicted:,} images was seen in training: no copy or near copy "
            f"of them is among the {result.seen_known:,} training and validation images."
        )
    identical = sum(result.rows[number].seen == "identical" for number in result.seen)
    count = len(result.seen)
    first = (
        f"{count:,} of {result.predicted:,} images ({100 * count / result.predicted:.1f} %) "
        f"{'was' if count == 1 else 'were'} seen in training: {identical:,} identical, "
        f"{count - identical:,} as a near copy."
    )
    if level == "many":
        return f"{first} The figures on all images do not measure the model."
    if level == "some":
        return f"{first} Read the figures without them."
    return first


def seen_compared(result: EvaluationResult) -> list[tuple[str, Estimate, Estimate]]:
    """Return figures on all images and without those seen in training.

    The headline figures, the AUROC of each of several sources and the Dice of the outlines. Empty
    when no image was seen in training, or when there are no figures.
    """
    return [(name, on_all, unseen) for _, name, on_all, unseen in _compared(result)]


def _compared(result: EvaluationResult) -> list[tuple[str, str, Estimate, Estimate]]:
    """Return key, name, figure on all images and figure without those seen."""
    without = result.without_seen
    if without is None or not result.counted:
        return []
    apart = len(result.by_source) > 1
    left = {key: figure for key, _, figure in _figures(without, apart)}
    gone = Estimate.undefined(0, "No image of this kind is left.")
    return [
        (key, name, on_all, left.get(key, gone)) for key, name, on_all in _figures(result, apart)
    ]


def _figures(result: EvaluationResult, apart: bool) -> list[tuple[str, str, Estimate]]:
    tumor = result.at_model_threshold.binary.of_class("tumor")
    types = (
        result.types.accuracy
        if result.types is not None
        else Estimate.undefined(0, "No image with a tumour type is left, or the model has none.")
    )
    found = [
        ("auroc", "AUROC", result.ranking.auroc),
        (
            "sensitivity_at_specificity_95",
            "Sensitivity at specificity 0.95",
            result.ranking.sensitivity_at_95,
        ),
        ("sensitivity", "Sensitivity at the model's threshold", tumor.recall),
        ("specificity", "Specificity at the model's threshold", tumor.specificity),
        ("type_accuracy", "Tumour type accuracy", types),
    ]
    if apart:
        found += [
            (f"auroc, {part.name}", f"AUROC, {part.name}", part.auroc)
            for part in result.by_source
            if part.auroc.defined
        ]
    if result.outlines is not None:
        found += [
            (f"dice, {part.name}", f"Dice a slice, {part.name}", part.dice)
            for part in result.outlines.parts
            if part.dice.defined
        ]
    return found


def seen_json(result: EvaluationResult) -> dict[str, Any]:
    """Return the same as plain values: counts, share, and the figures with and without."""
    marks = [result.rows[number].seen for number in result.seen]
    known = result.seen_known is not None
    compared = _compared(result)
    return {
        "sentence": seen_sentence(result),
        "training_images": result.seen_known,
        "identical": marks.count("identical") if known else None,
        "near": marks.count("near") if known else None,
        "share": seen_share(result).to_json() if known else None,
        "with_seen": {key: on_all.to_json() for key, _, on_all, _ in compared},
        "without_seen": {key: unseen.to_json() for key, _, _, unseen in compared},
    }
