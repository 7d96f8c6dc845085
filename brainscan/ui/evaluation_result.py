"""A finished evaluation: figures, matrices and curves that follow the threshold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from brainscan.evaluation import figures
from brainscan.evaluation.answers import counting_words
from brainscan.evaluation.export import metrics_json, predictions_csv, volumes_csv
from brainscan.evaluation.facts import ThresholdFigures
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.report import html_report
from brainscan.evaluation.result import EvaluationResult
from brainscan.ui import (
    evaluation_decisions,
    evaluation_outlines,
    evaluation_stability,
    evaluation_volumes,
)
from brainscan.ui.error_card import plain, warning_cards
from brainscan.ui.evaluation_chart import chart
from brainscan.ui.evaluation_checks import baseline_tiles, baselines_table, seen_notice
from brainscan.ui.evaluation_errors import errors
from brainscan.ui.evaluation_tables import (
    class_table,
    images_table,
    macro_line,
    parts_table,
    refused_table,
)
from brainscan.ui.evaluation_tiles import tiles
from brainscan.ui.wording import counted

_THRESHOLD = "evaluation_threshold"
_STEP = 0.01


def show(result: EvaluationResult) -> None:
    """Lay out the result; nothing in here runs the network."""
    st.caption(plain(_summary(result)))
    notes = [*result.warnings, *result.interval_notes]
    if notes:
        with st.expander(
            f"{counted(len(notes), 'note')} on these figures", icon=":material/warning:"
        ):
            warning_cards(notes)
    if any(one.plane is not None for one in result.volumes):
        evaluation_volumes.section(result)
    if result.predicted:
        _images(result)
    elif not any(one.plane is not None for one in result.volumes):
        st.info(
            "None of the files could be read, so there are no predictions and no figures.",
            icon=":material/scan_delete:",
        )
    if result.refused:
        st.subheader(f"{counted(len(result.refused), 'file')} without a prediction")
        refused_table(result)


def _images(result: EvaluationResult) -> None:
    """Lay out what is measured on images and slices."""
    if result.volumes:
        st.subheader("Images and slices", anchor=False)
    seen_notice(result)
    if result.counted:
        tiles(_steady(result), test_id="figures-steady")
        baseline_tiles(result)
        st.fragment(_review)(result)
    elif result.predicted:
        reason = "None of the labelled images could be read" if result.labelled else "No labels"
        st.info(f"{reason}, so there are predictions and no figures.", icon=":material/table_rows:")
        images_table(result, result.model.threshold)
        if result.stability is not None:
            evaluation_stability.section(result.stability)


def downloads(result: EvaluationResult) -> None:
    """Offer the report and the tables; each is made when it is asked for."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in result.dataset)
    stem = f"evaluation-{result.model.name}-{name}"
    offers: list[tuple[str, Callable[[], str], str, str]] = [
        ("Report", lambda: html_report(result), "html", "text/html"),
        ("CSV", lambda: "\ufeff" + predictions_csv(result), "csv", "text/csv"),
        ("JSON", lambda: metrics_json(result), "json", "application/json"),
    ]
    if result.volumes:
        table = ("Volumes", lambda: "\ufeff" + volumes_csv(result), "volumes.csv", "text/csv")
        offers.insert(2, table)
    for label, make, suffix, mime in offers:
        st.download_button(
            label,
            make,
            file_name=f"{stem}.{suffix}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"evaluation_download_{suffix}",
        )


def _summary(result: EvaluationResult) -> str:
    parts = [
        f"{result.model.title} on {result.dataset}",
        _counts(result),
    ]
    if result.labelled and result.unlabelled:
        parts.append(f"{result.unlabelled:,} without a certain label, predicted but not counted")
    parts.append(f"{result.created[:16].replace('T', ' ')} UTC, {result.elapsed_s:.0f} s")
    return " · ".join(parts)


def _counts(result: EvaluationResult) -> str:
    if not result.volumes:
        return f"{result.scope}, {len(result.counted):,} in the figures"
    return f"{result.scope}, {len(result.counted):,} images or slices in the figures of images"


def _steady(result: EvaluationResult) -> list[tuple[str, Estimate]]:
    """Return the figures that no threshold moves."""
    ranking = result.ranking
    found = [
        ("AUROC", ranking.auroc),
        ("Sens. at spec. 0.95", ranking.sensitivity_at_95),
        ("Average precision", ranking.average_precision),
    ]
    if result.types is not None:
        found.append((f"Accuracy, {len(result.types.classes)} types", result.types.accuracy))
    return [
        *found,
        ("Peak in tumour", result.hit_rate),
        ("Calibration error", ranking.ece),
        ("Brier score", ranking.brier),
        ("Left indeterminate", result.indeterminate),
    ]


def _moving(at: ThresholdFigures) -> list[tuple[str, Estimate]]:
    """Return the figures that the threshold moves."""
    tumor = at.binary.of_class("tumor")
    several = at.classes or at.binary
    return [
        ("Sensitivity (recall)", tumor.recall),
        ("Specificity", tumor.specificity),
        ("Precision", tumor.precision),
        ("F1, tumour", tumor.f1),
        ("Accuracy", at.binary.accuracy),
        ("Balanced accuracy", at.binary.balanced_accuracy),
        ("Matthews (MCC)", at.binary.mcc),
        (f"Macro F1, {len(several.classes)} classes", several.macro_f1),
    ]


def _review(result: EvaluationResult) -> None:
    """Everything that follows the threshold."""
    threshold = _threshold(result)
    at = result.at_threshold(threshold)
    tiles(_moving(at), test_id="figures-moving")
    st.caption(counting_words(result.model.band))
    with st.container(key="evaluation-matrices"):
        chart("Tumour or not", figures.confusion_figure(at.binary), "confusion")
        if at.classes is not None:
            chart("No tumour and types", figures.confusion_figure(at.classes), "classes")
        spread = figures.probability_figure(
            result.truth, result.probability, threshold, result.model.band
        )
        chart("Predicted probability", spread, "spread")
    sections: dict[str, Callable[[], None]] = {
        "Curves": lambda: _curves(result, at),
        "Classes": lambda: _classes(result, at),
        "Sources": lambda: _sources(result),
        "Decisions": lambda: evaluation_decisions.section(result.decisions),
        "Baselines": lambda: baselines_table(result),
        "Errors": lambda: errors(result, threshold),
        "Images": lambda: images_table(result, threshold),
    }
    if result.outlines is not None and result.outlines.overall is not None:
        sections["Outlines"] = partial(evaluation_outlines.section, result)
    if result.stability is not None:
        sections["Stability"] = partial(evaluation_stability.section, result.stability)
    chosen = st.segmented_control(
        "Section",
        list(sections),
        default="Curves",
        required=True,
        label_visibility="collapsed",
        key="evaluation_section",
    )
    sections[chosen or "Curves"]()


def _threshold(result: EvaluationResult) -> float:
    """Let the reader move the threshold; it starts at the model's own."""
    own = result.model.threshold
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluation-threshold"):
        value = st.slider(
            f"Threshold on the tumour probability (the model's own is {own:.3f})",
            0.0,
            1.0,
            own,
            _STEP,
            key=_THRESHOLD,
        )
        st.button(
            "Model's own",
            icon=":material/restart_alt:",
            disabled=value == own,
            on_click=lambda: st.session_state.update({_THRESHOLD: own}),
            key="evaluation_reset",
        )
    return float(value)


def _curves(result: EvaluationResult, at: ThresholdFigures) -> None:
    with st.container(key="evaluation-curves"):
        if result.roc is not None and result.precision_recall is not None:
            roc = figures.roc_figure(result.roc, at.binary, at.threshold)
            chart("ROC", roc, "roc")
            recall = figures.precision_recall_figure(
                result.precision_recall, at.binary, at.threshold
            )
            chart("Precision and recall", recall, "recall")
        chart("Reliability", figures.reliability_figure(result.reliability), "reliability")
    if result.roc is None:
        st.caption("ROC and precision-recall need tumour and tumour-free images; one is missing.")


def _classes(result: EvaluationResult, at: ThresholdFigures) -> None:
    parts = [("Tumour or not", "", at.binary)]
    if at.classes is not None:
        parts.append(("No tumour and types", ", tumours of unknown type left out", at.classes))
    if result.types is not None:
        parts.append(("Types alone", ", tumours of known type, found or missed", result.types))
    for title, note, part in parts:
        st.markdown(f"**{title}** ({part.n:,} images{note})")
        class_table(part)
        macro_line(part)


def _sources(result: EvaluationResult) -> None:
    st.caption(f"At the model's own threshold of {result.model.threshold:.3f}.")
    parts_table(result.by_source, "Source")
    if result.by_sequence:
        parts_table(result.by_sequence, "Sequence")
