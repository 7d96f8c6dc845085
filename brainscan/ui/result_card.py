"""The answer for one scan: decision in words, probability on its scale, types, model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from brainscan.inference.decision import OperatingPoint

_DECISIONS = {
    "tumor": ("Tumour suspected", "tumor"),
    "no_tumor": ("No tumour detected", "no_tumor"),
    "indeterminate": ("Uncertain", "indeterminate"),
}
_SLICE_VALUE = "tumour probability"
ONLY_IF_T1CE = (
    "Only if this is a T1 slice after contrast agent, which the file does not say: the types were "
    "learned on no other."
)
NOT_THIS = (
    "It reads one slice by itself: no neighbouring slices, no other sequences, no history. "
    "It was trained on public research images and has not been validated on patients. "
    "It says nothing about bleeding, stroke, infection or any tumour type it does not name."
)
OUTLINE_IS = (
    "Its outline is a proposal for a reader to correct, drawn on this slice alone. It is not fit "
    "for planning radiation or surgery."
)
_OWN_BAR = (
    "Every type has a bar of its own, so a more probable one can be left out: the model is surer "
    "of that type where it is right."
)


def result_card(
    answer: Mapping[str, Any],
    point: OperatingPoint | None = None,
    type_sets: Mapping[str, Any] | None = None,
    *,
    sequence_stated: bool = True,
) -> None:
    """Show an answer, given as the plain values of ``Prediction.to_json()``.

    Parameters
    ----------
    answer
        The answer.
    point
        The operating point it was decided at, where the release records what it covers.
    type_sets
        ``type_sets`` of the release manifest, if any.
    sequence_stated
        Whether the file tells its sequence; where not, the types stand under a condition.
    """
    st.html(
        decision_html(answer)
        + probability_html(answer)
        + coverage_html(point)
        + types_html(answer, type_sets, sequence_stated=sequence_stated)
    )


def decision_html(answer: Mapping[str, Any], what: str = _SLICE_VALUE) -> str:
    """Return the decision in words and why, as HTML; ``what`` names the value decided on."""
    words, style = _DECISIONS[answer["decision"]]
    return (
        f'<div class="bs-decision bs-{style}" data-testid="decision">'
        f"<i></i><h2>{words}</h2></div>"
        f'<p class="bs-why">{escape(_why(answer, what))}</p>'
    )


def _why(answer: Mapping[str, Any], what: str) -> str:
    value, threshold = answer["tumor_probability"], answer["threshold"]
    low, high = answer["band"]
    if answer["decision"] == "indeterminate":
        return f"The {what} lies between {low:.2f} and {high:.2f}, where this model is often wrong."
    side = "above" if value >= threshold else "below"
    if high > low:
        return f"The {what} lies {side} the uncertain range, {low:.2f} to {high:.2f}."
    return f"The {what} lies {side} the threshold of {threshold:.2f}."


def probability_html(answer: Mapping[str, Any], what: str = _SLICE_VALUE) -> str:
    """Return the probability as a bar with threshold tick and indeterminate band, as HTML."""
    value, threshold = float(answer["tumor_probability"]), float(answer["threshold"])
    low, high = (float(edge) for edge in answer["band"])
    title = what.capitalize()
    spoken = f"{title} {value:.2f} on a scale from 0 to 1. Threshold {threshold:.2f}."
    band = ""
    if high > low:
        spoken += f" Uncertain from {low:.2f} to {high:.2f}."
        band = f'<b class="bs-band" style="left:{low:.2%};width:{high - low:.2%}"></b>'
    style = _DECISIONS[answer["decision"]][1]
    return (
        '<div class="bs-probability">'
        f'<div class="bs-figure"><span>{title}</span><strong>{value:.2f}</strong></div>'
        f'<div class="bs-track" role="img" aria-label="{escape(spoken)}">'
        f'{band}<b class="bs-fill bs-{style}" style="width:{value:.2%}"></b>'
        f'<b class="bs-tick" style="left:{threshold:.2%}"></b></div>'
        f'<div class="bs-scale" aria-hidden="true"><span>0</span>'
        f'<span class="bs-at" style="--bs-at:{threshold:.2%}">threshold {threshold:.2f}</span>'
        "<span>1</span></div></div>"
    )


def coverage_html(point: OperatingPoint | None) -> str:
    """Return what the setting did on the validation data, as HTML; empty where not recorded."""
    if point is None or point.kept is None or point.specificity is None:
        return ""
    kept, specificity = (f"{100 * share:.0f} of 100" for share in (point.kept, point.specificity))
    few = "" if point.promised else " There were too few of them to promise as much elsewhere."
    return (
        f'<p class="bs-coverage" data-testid="coverage">At this setting, {kept} tumour slices '
        f"of the validation data were not called tumour-free, and {specificity} of its tumour-free "
        f"slices were called tumour-free.{few}</p>"
    )


def types_html(
    answer: Mapping[str, Any],
    type_sets: Mapping[str, Any] | None = None,
    *,
    sequence_stated: bool = True,
) -> str:
    """Return the type set and the type probabilities, the largest first, as HTML.

    Empty for a model without types; a sentence alone where the types were not learned on scans
    of this sequence. Where the file states no sequence, the set says on which it holds.
    """
    probabilities: Mapping[str, float] = answer["type_probabilities"]
    if not probabilities:
        return ""
    if not answer.get("types_learned", True):
        return _set_html(answer, type_sets, "")
    ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
    lines = "".join(
        f"<tr><th scope=row>{escape(name)}</th>"
        f'<td class="bs-share"><b style="width:{share:.2%}"></b></td><td>{share:.2f}</td></tr>'
        for name, share in ranked
    )
    quiet = " bs-quiet" if answer["decision"] == "no_tumor" else ""
    return _set_html(answer, type_sets, "" if sequence_stated else ONLY_IF_T1CE) + (
        f'<table class="bs-types{quiet}"><caption>Type, if it is a tumour</caption>'
        f"<tbody>{lines}</tbody></table>"
    )


def refusal_card(sentence: str) -> None:
    """Show calmly that a picture was not read, and why."""
    st.html(
        '<div class="bs-decision bs-indeterminate" data-testid="refusal">'
        "<i></i><h2>Not a brain MR slice</h2></div>"
        f'<p class="bs-why">{escape(sentence)}</p>'
    )


def _set_html(
    answer: Mapping[str, Any], type_sets: Mapping[str, Any] | None, condition: str
) -> str:
    """Return the type set in words and how often such sets are right; empty without one.

    A scan that may well be tumor-free gets no heading, and one of a sequence on which the types
    were not learned no names. ``condition`` is the sentence that ends it, if any.
    """
    types: Sequence[str] = answer.get("type_set", ())
    if not types:
        return ""
    if not answer.get("types_learned", True):
        words, note = "Type not known", "The types were not learned on scans of this sequence."
    else:
        words = (", ".join(types[:-1]) + " or " if len(types) > 1 else "") + types[-1]
        note = ""
        if type_sets is not None:
            note = "" if len(types) == 1 else "One name would be a false certainty. "
            level = f"{100 * type_sets['level']:g} of 100"
            note += f"Made to hold the true type for {level} tumours like the validation data."
            note += "" if _most_probable(types, answer) else f" {_OWN_BAR}"
        note = f"{note} {condition}".strip()
    if answer["decision"] == "indeterminate":
        words = f"<span>If it is a tumour: {escape(words)}</span>"
    else:
        words = f"<strong>{escape(words.capitalize())}</strong>"
    return f'<p class="bs-set" data-testid="type-set">{words}<small>{note}</small></p>'


def _most_probable(types: Sequence[str], answer: Mapping[str, Any]) -> bool:
    """Return whether no type outside a set is more probable than one in it."""
    shares: Mapping[str, float] = answer.get("type_probabilities") or {}
    ranked = sorted(shares, key=lambda name: -shares[name])
    return not shares or set(ranked[: len(types)]) == set(types)


def facts_card(pairs: Iterable[tuple[str, str]]) -> None:
    """Show name and value pairs in small, quiet print."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    st.html(f'<dl class="bs-facts">{lines}</dl>')


def model_card(title: str, answer: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """Show which model answered, how well it did on unseen patients and what it is not."""
    pairs = [("Model", title), ("Types", ", ".join(manifest.get("types", ())) or "none")]
    pairs += measured(manifest)
    if rule := manifest.get("threshold_rule"):
        pairs.append(("Threshold", str(rule)))
    if licence := manifest.get("licence"):
        pairs.append(("Licence", str(licence)))
    pairs.append(("Time", f"{answer['elapsed_ms']:.0f} ms"))
    st.caption(f"{NOT_THIS} {OUTLINE_IS}" if manifest.get("segmentation") else NOT_THIS)
    facts_card(pairs)


def measured(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the tumor AUROC on each held-out set in a manifest, with its interval, as text.

    Where outlines were compared with those of experts, their Dice coefficient follows, and how
    often the maximum of each map lies in the tumor.
    """
    maps = (manifest.get("faithfulness") or {}).get("sets", {})
    lines = []
    for name, part in manifest.get("metrics", {}).items():
        auroc = part.get("metrics", {}).get("ranking", {}).get("auroc", {})
        lines += _figure(f"AUROC {name}", auroc, auroc.get("n"))
        outlines = (part.get("outlines") or {}).get("overall") or {}
        lines += _figure(f"Dice {name}", outlines.get("dice") or {}, outlines.get("n_tumor"))
        for every in maps.get(name, {}).get("parts", ())[:1]:
            for key, words in (("evidence", "Evidence"), ("gradcam", "Grad-CAM")):
                figure = every["pointing"].get(key) or {}
                lines += _figure(f"{words} in the tumour, {name}", figure, every["n"])
    return lines


def _figure(name: str, figure: Mapping[str, Any], count: object) -> list[tuple[str, str]]:
    value, low, high = (figure.get(key) for key in ("value", "low", "high"))
    if value is None:
        return []
    interval = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return [(name, f"{value:.3f}{interval}, n = {count}")]
