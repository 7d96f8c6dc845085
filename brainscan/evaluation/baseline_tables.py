"""Baselines, and figures without images seen in training, as HTML and as text."""

from __future__ import annotations

from html import escape

from brainscan.evaluation.baseline_result import NAMES, Baselines
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.seen_figures import seen_compared, seen_level, seen_sentence

Line = tuple[str, str, Estimate]


def baseline_lines(baselines: Baselines) -> list[Line]:
    """Return part, answerer and figure of every comparison, the model first in each part."""
    lines: list[Line] = []
    for part in baselines.parts:
        lines.append((part.name, "The model", part.model))
        lines += [(part.name, NAMES[key], figure) for key, figure in part.baselines.items()]
    return lines


def type_lines(baselines: Baselines) -> list[Line]:
    """Return the type accuracy of the model and of the most similar tumor; may be empty."""
    if baselines.types_model is None or baselines.types_nearest is None:
        return []
    part = "tumour type, accuracy"
    return [
        (part, "The model", baselines.types_model),
        (part, NAMES["nearest"], baselines.types_nearest),
    ]


def html_baselines(baselines: Baselines | None) -> str:
    """Return the report's section, empty when nothing was measured."""
    if baselines is None:
        return ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in baselines.notes)
    table = ""
    if baselines.parts:
        keys = ["model", *NAMES]
        names = ["the model", *(name[0].lower() + name[1:] for name in NAMES.values())]
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
        body = ""
        for part in baselines.parts:
            figures = {"model": part.model, **part.baselines}
            cells = "".join(_cell(figures[key]) for key in keys)
            body += (
                f'<tr><th scope="row">{escape(part.name)}</th>'
                f'<td class="number n">{part.n_tumor}</td>'
                f'<td class="number n">{part.n_no_tumor}</td>{cells}</tr>'
            )
        table = (
            '<div class="scroll"><table><thead><tr><th scope="col">AUROC</th>'
            '<th scope="col" class="number">tumour</th>'
            f'<th scope="col" class="number">no tumour</th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
    types = type_lines(baselines)
    if types:
        said = ", ".join(f"{_lower(who)} {_text(figure)}" for _, who, figure in types)
        table += f"<p>Tumour type, accuracy over {types[0][2].n} images: {escape(said)}.</p>"
    return (
        f"<h2>Without a detector</h2><p><b>{escape(baselines.verdict)}</b></p>{table}"
        f"<ul>{notes}</ul>"
    )


def html_seen(result: EvaluationResult) -> str:
    """Return the report's notice of images seen in training, with the figures without them."""
    level = seen_level(result)
    tone = "alert" if level in ("some", "many") else "quiet"
    text = f'<p class="{tone}" role="note">{escape(seen_sentence(result))}</p>'
    compared = seen_compared(result)
    if not compared:
        return text
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{_cell(on_all)}'
        f'<td class="number n">{on_all.n}</td>{_cell(unseen)}'
        f'<td class="number n">{unseen.n}</td></tr>'
        for name, on_all, unseen in compared
    )
    return (
        f'{text}<div class="scroll"><table><thead><tr><th scope="col"></th>'
        '<th scope="col">all images</th><th scope="col" class="number">n</th>'
        '<th scope="col">without those seen in training</th>'
        f'<th scope="col" class="number">n</th></tr></thead><tbody>{lines}</tbody></table></div>'
    )


def text_baselines(baselines: Baselines | None) -> str:
    """Return what the command prints."""
    if baselines is None:
        return ""
    lines = [*baseline_lines(baselines), *type_lines(baselines)]
    width = max((len(who) for _, who, _ in lines), default=0)
    parts: list[str] = []
    shown = ""
    for part, who, figure in lines:
        if part != shown:
            measure = "" if part.startswith("tumour type") else ", AUROC"
            parts.append(f"  {part}{measure}")
            shown = part
        interval = format_interval(figure)
        value = format_value(figure) if figure.defined else f"not defined: {figure.reason}"
        parts.append(f"    {who:{width}}  {value}  {interval:16}  {figure.n:5d}".rstrip())
    return "\n".join(["Without a detector:", *parts, f"  {baselines.verdict}"])


def text_seen(result: EvaluationResult) -> str:
    """Return what the command prints about images seen in training."""
    lines = [f"Seen in training: {seen_sentence(result)}"]
    compared = seen_compared(result)
    if compared:
        width = max(len(name) for name, _, _ in compared)
        lines.append(f"  {'':{width}}  {'all images':24}  without those seen")
        lines += [
            f"  {name:{width}}  {_text(on_all):24}  {_text(unseen)}  n {unseen.n}"
            for name, on_all, unseen in compared
        ]
    return "\n".join(lines)


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _text(figure: Estimate) -> str:
    interval = format_interval(figure)
    return f"{format_value(figure)} ({interval})" if interval else format_value(figure)


def _cell(figure: Estimate) -> str:
    value = format_value(figure)
    interval = format_interval(figure) or escape(figure.reason or "")
    return f'<td>{value}<br><small class="quiet">{interval}</small></td>'
