"""The release's answers to the CLAIM checklist, 2024 update.

A. S. Tejani et al., Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024
Update, Radiology: Artificial Intelligence 2024, doi:10.1148/ryai.240300. The items are named in
our own short words; the numbers are the checklist's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brainscan.reporting.card_about import start
from brainscan.reporting.card_data import source_names
from brainscan.reporting.card_faithfulness import faithful_sets
from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_headline import headline
from brainscan.reporting.card_json import dig, rows, table, text, whole, words
from brainscan.reporting.card_outlines import outlines_of
from brainscan.reporting.card_parts import Section, Table, Text
from brainscan.reporting.card_results import heading, held_out, near_copies_together, test_sets
from brainscan.reporting.card_sources import SOURCES

REFERENCE = (
    "Tejani et al., CLAIM: 2024 Update, Radiology: Artificial Intelligence 2024, "
    "doi:10.1148/ryai.240300. Items in our own words."
)
_EMPTY = "Not given by the release."


def claim_section(manifest: dict[str, Any], files: ReleaseFiles) -> Section:
    """Return the 44 items, each with an answer or with what was not done."""
    answers = [*_study(manifest), *_data(manifest, files), *_model(manifest, files),
               *_evaluation(manifest), *_results(manifest), *_other(manifest)]  # fmt: skip
    lines = tuple(
        (number, item, answer or _EMPTY) for number, (item, answer) in enumerate(answers, start=1)
    )
    caption = "Checklist for Artificial Intelligence in Medical Imaging, 2024 update"
    columns = ("Item", "Asked", "Answer")
    return Section("claim", "CLAIM 2024", (Text(REFERENCE), Table(caption, columns, lines)))


_Answers = Sequence[tuple[str, str]]


def _published(manifest: dict[str, Any]) -> bool:
    """Whether every training source is one whose publication is known."""
    names = source_names(manifest)
    return bool(names) and set(names) <= set(SOURCES)


def _tested(manifest: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the test sets proper, without validation images."""
    return [entry for entry in test_sets(manifest) if not held_out(entry[1])]


def _study(manifest: dict[str, Any]) -> _Answers:
    return (
        ("Named as an AI study, with the kind of AI",
         "Yes: a deep convolutional network for single brain MR slices."),
        ("Structured summary", "The headline figures and the lead of this card."),
        ("Background and intended role", "See Intended use: research and teaching only."),
        ("Aims and hypotheses",
         "To tell tumour from tumour-free slices by the tumour and not by the source of the "
         "picture, with evidence shown. No hypothesis was registered."),
        ("Prospective or retrospective", "Retrospective, on published datasets."
         if _published(manifest) else ""),
        ("Goal of the study", "Building a model and measuring it; no comparison with readers."),
    )  # fmt: skip


def _data(manifest: dict[str, Any], files: ReleaseFiles) -> _Answers:
    sources = ", ".join(source_names(manifest))
    tests = ", ".join(heading(name, part) for name, part, _ in _tested(manifest))
    size, public = whole(dig(manifest, "preprocessing", "size")), _published(manifest)
    folds = ", ".join(words(dig(manifest, "data", "folds")))
    share = files.config.get("validation_share")
    held = f"; {share:.0%} of the images, in whole groups, held out to validate" if isinstance(
        share, float) else ""  # fmt: skip
    return (
        ("Sources of the data", f"{sources}; see Training data." if sources else ""),
        ("Who and what was included",
         "All labelled slices of the named folds. How patients were chosen is known only to the "
         "publishers of the sources." if folds else ""),
        ("Preprocessing", f"One grey channel, head cropped, robust percentiles, {size} x {size} "
         "pixels; the same function for training, tests and use." if size else ""),
        ("Selection of parts of the data", "Single slices as published; nothing chosen by hand."),
        ("De-identification", "By the publishers of the datasets." if public else ""),
        ("Missing data", "Slices without a label are predicted and in no figure; slices without an "
         "outline are left out of the evidence figures; files that cannot be read are listed."),
        ("Image acquisition", "Not standardised: several scanners and protocols, mostly not stated "
         "by the sources." if public else ""),
        ("Reference standard", "Labels, types and outlines as published with each source."),
        ("Why this standard", "It is what the public sources offer; some web labels are wrong."
         if public else ""),
        ("Who annotated", "The authors of the sources; see their publications. For the web sources "
         "it is not known." if public else ""),
        ("Annotation of the test set", "As for the training data." if tests else ""),
        ("Agreement between annotators", "Not done."),
        ("How images were assigned to parts",
         f"Training on folds {folds}{held}. Test: {tests or 'none'}." if folds else ""),
        ("Level at which parts are disjoint", "Whole groups: patients where the source names them "
         f"or their fold{', and near copies' if near_copies_together(manifest) else ''}. "
         + ("" if near_copies_together(manifest) else
            "Images without a group were drawn singly. ")
         + "Test images with a copy in training are counted under Images seen in training."
         if folds else ""),
        ("Intended sample size", "Not calculated: all images of the test folds were used, and "
         "every figure has its interval."),
    )  # fmt: skip


def _model(manifest: dict[str, Any], files: ReleaseFiles) -> _Answers:
    known = table(files.config)
    recipe = ", ".join(
        f"{name.replace('_', ' ')} {known[name]}"
        for name in ("epochs", "batch_size", "learning_rate", "dropout", "seed")
        if isinstance(known.get(name), int | float)
    )
    best = text(files.metrics.get("monitor"))
    teacher = dig(manifest, "training", "teacher")
    network = text(manifest.get("architecture"))
    decoder = " with a decoder for the outline" if table(manifest.get("segmentation")) else ""
    return (
        ("The model in detail", f"Architecture {network}{decoder}; inputs, outputs and layers are "
         "in the code and in model.xml. See How it answers."),
        ("Software", "TensorFlow and Keras to train, OpenVINO to answer; versions are in "
         "requirements.txt."),
        ("First parameters", f"Training began from {start(manifest)}."),
        ("Training", f"{recipe}; all settings in config.json, the course in history.csv."
         if recipe else ""),
        ("How the final model was chosen",
         "The last epoch of the schedule. What the validation images chose stands under Training "
         "data." if known.get("keep") == "last" else
         f"The epoch with the best {best} on the validation images." if best else ""),
        ("Ensembles", f"A teacher was distilled: {teacher}." if text(teacher) else
         "None: one network answers."),
    )  # fmt: skip


def _evaluation(manifest: dict[str, Any]) -> _Answers:
    sets = list(test_sets(manifest))
    names = ", ".join(heading(name, part) for name, part, _ in _tested(manifest))
    stable = any(part.get("stability") or metrics.get("stability") for _, part, metrics in sets)
    outlined = any(outlines_of(part, metrics) for _, part, metrics in sets)
    faithful = bool(faithful_sets(manifest))
    robust = stable or bool(table(manifest.get("stability")))
    return (
        ("Metrics", "AUROC, sensitivity, specificity, accuracy and F1 of the types, calibration "
         "error, share of slices with the evidence maximum in the tumour"
         + (", Dice, border distance and lesions found of the outlines." if outlined else ".")
         if sets else ""),
        ("Uncertainty", "95 % intervals: Wilson for proportions, bootstrap over groups otherwise. "
         "Wilson takes slices of one patient for independent. No significance tests."
         if sets else ""),
        ("Robustness", "Measured under small changes of the slice; see Stability." if robust else
         "Not done for this release."),
        ("Explanation", "Evidence maps and Grad-CAM, put to the test: pointing game, deletion and "
         "insertion, networks with random weights. See Faithfulness." if faithful else
         "Evidence maps, checked against the published outlines, and Grad-CAM."
         if sets else "Evidence maps and Grad-CAM; not checked against outlines."),
        ("Tested on internal data", f"{names}: other patients or groups of the same sources."
         if names else "Not done for this release."),
        ("Tested on external data", "Not done: no test set of another institution."),
        ("Trial registration", "None: not a clinical trial."),
    )  # fmt: skip


def _results(manifest: dict[str, Any]) -> _Answers:
    counted = rows(dig(manifest, "data", "images"))
    training = sum(whole(row.get("training")) or 0 for row in counted)
    validation = sum(whole(row.get("validation")) or 0 for row in counted)
    sets = list(test_sets(manifest))
    tests = ", ".join(
        f"{images:,} {name}" for name, part, _ in _tested(manifest)
        if (images := whole(part.get("images"))) is not None
    )  # fmt: skip
    parts = f"Images: {training:,} training, {validation:,} validation" if counted else ""
    best = "; ".join(
        f"{entry.measure}, {entry.where}: {entry.figure.text}"
        + (f" ({entry.figure.interval})" if entry.figure.interval else "")
        for entry in headline(manifest)[:4]
    )
    worst = any(rows(metrics.get("worst")) for _, _, metrics in sets)
    return (
        ("Numbers included and left out", f"{parts}{f'; test {tests}' if tests else ''}. "
         "Numbers of patients are not known for every source." if parts else ""),
        ("Who the patients are", "Not known: the sources give no age, sex or clinical data with "
         "the slices."),
        ("Performance", f"{best}. All figures: see Results in full." if best else
         "Not measured for this release."),
        ("Diagnostic performance and its precision", "See Key figures; these are "
         "figures of single slices of selected public data, not of patients in a clinic."
         if sets else "Not measured for this release."),
        ("Analysis of failures", "See Failures: the worst errors of the test sets by file name."
         if worst else "The release lists no single errors."),
    )  # fmt: skip


def _other(manifest: dict[str, Any]) -> _Answers:
    return (
        ("Limits", "See Limits."),
        ("Meaning for practice", "None: for research and teaching, not a medical device."),
        ("Protocol and further detail", "The code, config.json, history.csv and manifest.json of "
         "the release; one command for each figure under Reproduce."),
        ("Software, model and data", "The code is BrainScan's, the weights lie in the release; the "
         "data is public under the licences given, so no ethics approval was sought."
         if _published(manifest) else "The code is BrainScan's, the weights lie in the release; "
         "the release does not say where its data is."),
        ("Funding", "Not stated by the release."),
    )  # fmt: skip
