"""The evaluation as one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from string import Template

import plotly.graph_objects as go
import plotly.io
from plotly.offline import get_plotlyjs

from brainscan.data.names import display_name
from brainscan.evaluation import figure_style, figures, tables
from brainscan.evaluation.answers import answer_words, counting_words, error_words
from brainscan.evaluation.baseline_tables import html_baselines, html_seen
from brainscan.evaluation.decisions_tables import decisions_section
from brainscan.evaluation.outline_tables import agreement_plots, html_outlines
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.stability_tables import html_section
from brainscan.evaluation.volume_tables import html_volumes
from brainscan.notice import RESEARCH_USE

MOST_ERRORS = 48
_MOST_REFUSED = 200


def html_report(result: EvaluationResult) -> str:
    """Return the report as a self-contained HTML page, light or dark as the reader's system.

    Plotly's script is inside; nothing is fetched. A dataset without labels gives a report of
    what was predicted, without figures.
    """
    curves = _plots(result) if result.counted else {}
    plots = curves | agreement_plots(result)
    body = [_head(result), html_volumes(result)]
    if result.counted:
        if result.volumes:
            body.append("<h2>Images and slices</h2>")
        body += [html_seen(result), _headline(result), html_baselines(result.baselines)]
        body += [_threshold(result), _classes(result), _parts(result)]
        body += [decisions_section(result.decisions), _curves(curves), _errors(result)]
    elif result.rows or not result.volumes:
        body.append(f"<p>{escape(_no_figures(result))}</p>")
    body.append(html_outlines(result))
    body += [html_section(result.stability), _refused(result), _method(result)]
    return Template(_text("report.html")).substitute(
        title=escape(f"BrainScan evaluation: {result.model.title} on {result.dataset}"),
        notice=escape(RESEARCH_USE),
        css=_text("report.css"),
        script=_text("report.js"),
        plotly=get_plotlyjs() if plots else "",
        figures=_json(plots),
        light=json.dumps(figure_style.LIGHT),
        body="\n".join(part for part in body if part),
    )


def _text(name: str) -> str:
    return resources.files("brainscan.evaluation").joinpath(name).read_text(encoding="utf-8")


def _json(plots: dict[str, go.Figure]) -> str:
    """Return the figures as JSON that is safe inside a script element."""
    plain = {name: json.loads(plotly.io.to_json(figure)) for name, figure in plots.items()}
    return json.dumps(plain).replace("<", "\\u003c")


def _plots(result: EvaluationResult) -> dict[str, go.Figure]:
    own = result.at_model_threshold
    threshold = own.threshold
    plots = {
        "probability": figures.probability_figure(
            result.truth, result.probability, threshold, result.model.band
        )
    }
    if result.roc is not None and result.precision_recall is not None:
        plots["roc"] = figures.roc_figure(result.roc, own.binary, threshold)
        plots["precision-recall"] = figures.precision_recall_figure(
            result.precision_recall, own.binary, threshold
        )
    plots["reliability"] = figures.reliability_figure(result.reliability)
    return plots


def _head(result: EvaluationResult) -> str:
    model = result.model
    facts = {
        "Model": f"{model.title} ({model.architecture})",
        "Dataset": f"{result.dataset} ({result.layout})",
        "Scans": f"{result.scope}; {len(result.counted)} in the figures of images",
        "Made": f"{result.created[:16].replace('T', ' ')} UTC, {result.elapsed_s:.0f} s",
    }
    items = "".join(f"<li><b>{k}</b> {escape(v)}</li>" for k, v in facts.items())
    notes = [*result.warnings]
    if result.labelled and result.unlabelled:
        notes.append(
            f"{result.unlabelled} image(s) or slice(s) have no label or an uncertain one. They are "
            "predicted and listed, and counted in no figure."
        )
    if result.refused:
        notes.append(f"{len(result.refused)} file(s) have no prediction; see below.")
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<h1>Evaluation</h1><ul class="facts">{items}</ul><ul>{listed}</ul>'


def _no_figures(result: EvaluationResult) -> str:
    if result.labelled:
        return "No labelled image could be read, so there are no figures."
    return "The dataset has no labels, so there are predictions but no figures."


def _headline(result: EvaluationResult) -> str:
    return "<h2>Tumour probability</h2>" + tables.estimates_table(
        tables.ranking_figures_named(result)
    )


def _threshold(result: EvaluationResult) -> str:
    own = result.at_model_threshold
    low, high = result.model.band
    band = (
        f" Between {low:.3f} and {high:.3f} the model calls an image indeterminate; here it is "
        "counted by the threshold all the same."
        if high > low
        else ""
    )
    left = [
        ("Share left indeterminate", result.indeterminate),
        ("Accuracy without the indeterminate", result.decided_accuracy),
    ]
    return (
        f"<h2>Tumour or not, at threshold {own.threshold:.3f}</h2><p>An image counts as tumour "
        f"at or above the model's own threshold.{band}</p>"
        f"{tables.confusion_table(own.binary)}"
        f"{tables.estimates_table([*tables.binary_figures_named(own.binary), *left])}"
        f"{tables.per_class_table(own.binary)}"
    )


def _classes(result: EvaluationResult) -> str:
    parts = []
    sections = (
        ("No tumour and types", "tumour images of unknown type left out",
         result.at_model_threshold.classes),
        ("Types alone", "tumour images of a known type, found or missed", result.types),
    )  # fmt: skip
    for title, note, matrix in sections:
        if matrix is None or matrix.n == 0:
            continue
        macro = [
            ("Accuracy", matrix.accuracy),
            ("Balanced accuracy (macro recall)", matrix.balanced_accuracy),
            ("Macro precision", matrix.macro_precision),
            ("Macro F1", matrix.macro_f1),
            ("Matthews correlation", matrix.mcc),
        ]
        parts.append(
            f"<h2>{title}</h2><p>{matrix.n} images; {note}.</p>{tables.confusion_table(matrix)}"
            f"{tables.estimates_table(macro)}{tables.per_class_table(matrix)}"
        )
    return "".join(parts)


def _parts(result: EvaluationResult) -> str:
    text = "<h2>By source</h2>" + tables.breakdown_table(result.by_source)
    if result.by_sequence:
        text += "<h2>By sequence</h2>" + tables.breakdown_table(result.by_sequence)
    return text


def _curves(plots: dict[str, go.Figure]) -> str:
    titles = {
        "probability": "Predicted probability",
        "roc": "ROC",
        "precision-recall": "Precision and recall",
        "reliability": "Reliability",
    }
    panels = "".join(
        f'<div class="panel"><h3>{titles[name]}</h3><div id="{name}"></div></div>' for name in plots
    )
    return f'<h2>Curves</h2><div class="grid">{panels}</div>'


def _errors(result: EvaluationResult) -> str:
    threshold = result.model.threshold
    numbers = result.errors_at(threshold)
    if not numbers:
        return "<h2>Errors</h2><p>No labelled image is answered wrongly.</p>"
    shown = numbers[:MOST_ERRORS]
    more = (
        f" The {len(shown)} most confident are shown; predictions.csv has all."
        if len(numbers) > len(shown)
        else ""
    )
    cards = "".join(_error_card(result, number, threshold) for number in shown)
    return (
        f"<h2>Errors</h2><p>{len(numbers)} of {len(result.counted)} images. "
        f"{counting_words(result.model.band)}{more}</p>"
        f'<div class="errors">{cards}</div>'
    )


def _error_card(result: EvaluationResult, number: int, threshold: float) -> str:
    row = result.rows[number]
    picture = result.review.get(number)
    image = ""
    if picture is not None:
        image = f'<img alt="{escape(row.name)}" src="{picture.thumbnail_url}">'
    label = display_name(row.type or row.label or "")
    return (
        f'<figure>{image}<figcaption><span class="wrong">{escape(error_words(row, threshold))}'
        f"</span><br>labelled {escape(label)}, p = {row.probability:.3f}<br>"
        f"answered {escape(answer_words(row, threshold))}<br>"
        f'<span class="quiet">{escape(row.name)}</span></figcaption></figure>'
    )


def _refused(result: EvaluationResult) -> str:
    if not result.refused:
        return ""
    return "<h2>Files without a prediction</h2>" + tables.refused_table(result, _MOST_REFUSED)


def _method(result: EvaluationResult) -> str:
    model = result.model
    notes = [
        "Proportions have Wilson 95 % intervals; they take the images as independent and are "
        "too narrow where many slices come from one patient.",
        "All other figures have percentile intervals of a bootstrap over groups (patients or "
        "clusters of copies), so that further slices of a patient add no certainty of their own.",
        "A figure that needs a class which is missing is shown as not defined, never as 0.",
        *result.interval_notes,
    ]
    lines = {
        "Model manifest SHA-256": model.manifest_sha256,
        "Model's training data": model.data_fingerprint or "not recorded",
        "Dataset fingerprint": result.fingerprint or "none, because a file could not be read",
        "Versions": ", ".join(f"{name} {number}" for name, number in result.versions.items()),
    }
    return (
        "<h2>How this was made</h2>"
        f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes) if result.labelled else ''}"
        f"{''.join(f'<li>{k}: <code>{escape(v)}</code></li>' for k, v in lines.items())}</ul>"
    )
