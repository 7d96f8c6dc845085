"""Balance, files and giveaways of a dataset as tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from brainscan.data.audit import Audit
from brainscan.data.border import LEAST_GROUPS, LEAST_OF_CLASS, BorderFigure
from brainscan.data.leaks import class_of
from brainscan.data.names import display_name
from brainscan.data.verdict import one_sided
from brainscan.ui.error_card import plain
from brainscan.ui.wording import counted

_TELLING = 0.75  # AUROC from which what lies outside the brain is called telling
_SUBJECT = {
    "rim": "the outermost pixels alone",
    "file": "the file's size, format and mode alone",
    "rim and file": "the outermost pixels and the file together",
}
_USES = {"rim": "Border pixels", "file": "File size and mode", "rim and file": "Both"}


def balance(audit: Audit) -> None:
    """Show images of each class by source and by fold."""
    tally = audit.tally
    classes = list(tally.classes)
    st.markdown("**Class by source**")
    alone = one_sided(audit)
    _counts(classes, tally.classes_by_source, "Source", alone)
    if alone:
        st.caption(
            "Shaded sources hold tumours only, or none: "
            f"{len(alone)} of {len(tally.classes_by_source)}. A model that recognises the "
            "source has the answer."
        )
    if audit.links.folds:
        by_fold: dict[str, dict[str, int]] = {}
        for image in audit.seen.images:
            held = by_fold.setdefault(image.record.fold or "(none)", {})
            name = class_of(image.record)
            held[name] = held.get(name, 0) + 1
        st.markdown("**Class by fold**")
        _counts(classes, dict(sorted(by_fold.items())), "Fold")


def files(audit: Audit) -> None:
    """Show formats, modes and sizes of each class, and the files that could not be read."""
    tally = audit.tally
    rows = []
    for name in tally.classes:
        low, middle, high = tally.sides_by_class[name]
        small, median, large = (value / 1024 for value in tally.bytes_by_class[name])
        common = ", ".join(f"{size} ({n:,})" for size, n in _first(tally.sizes_by_class[name], 2))
        rows.append(
            [
                display_name(name),
                _shares(tally.formats_by_class[name]),
                _shares(tally.modes_by_class[name]),
                f"{low:,} / {middle:,} / {high:,}",
                f"{small:.1f} / {median:.1f} / {large:.1f}",
                common,
            ]
        )
    header = ["Class", "Format", "Mode", "Longer side, px", "File, KiB", "Most frequent sizes"]
    _table(header, rows, figures=(3, 4), test_id="files")
    st.caption(
        "Sizes are smallest / median / largest. Where they differ between classes, they can "
        "give the class away."
    )
    if audit.seen.unreadable:
        st.markdown(f"**{counted(len(audit.seen.unreadable), 'file')} could not be read**")
        st.dataframe(
            [{"File": name, "Reason": reason} for name, reason in audit.seen.unreadable],
            hide_index=True,
            column_config={"Reason": st.column_config.TextColumn(width="large")},
        )


def border(audit: Audit) -> None:
    """Show what the border and the file alone predict, and what that means."""
    binary = [figure for figure in audit.border if figure.auroc is not None]
    tumor = [figure for figure in binary if figure.predicts == "tumor"]
    if not tumor:
        st.info(
            "Whether the border gives tumour away cannot be measured: that needs tumour and "
            f"tumour-free images, at least {LEAST_OF_CLASS} of each in {LEAST_GROUPS} groups or "
            "more.",
            icon=":material/info:",
        )
    else:
        best = max(tumor, key=lambda figure: figure.auroc or 0.0)
        telling = (best.auroc or 0.0) >= _TELLING
        place = f" within {best.within}" if best.within else ""
        st.markdown(
            f"Without seeing the brain, {_SUBJECT[best.uses]} tell tumour from no "
            f"tumour{plain(place)} with **AUROC {best.auroc:.2f}**. "
            + (
                "A high figure on these images need not mean that a model sees the tumour."
                if telling
                else "That is little: the images do not give the class away at their edges."
            )
        )
        st.html(f'<div data-testid="border">{"".join(map(_bar_row, tumor))}{_SCALE}</div>')
    others = [figure for figure in audit.border if figure.predicts != "tumor"]
    if others:
        rows = [
            [
                {"type": "Tumour type", "source": "Source"}.get(f.predicts, f.predicts),
                _USES[f.uses],
                f"{len(f.classes)}",
                f"{f.n:,}",
                f"{f.balanced_accuracy:.3f}",
                f"{f.chance_balanced_accuracy:.3f}",
            ]
            for f in others
        ]
        header = ["Predicts", "From", "Classes", "n", "Balanced accuracy", "By chance"]
        _table(header, rows, figures=(2, 3, 4, 5), test_id="border-others")
    if audit.border:
        st.caption(
            "Logistic regression on the outermost 2 % of pixels and on size, format and mode of "
            "the file. Whole groups are held out. AUROC 0.5 is chance, 1 is certainty; whiskers "
            "are 95 % intervals, bootstrap over groups."
        )


_SCALE = (
    '<div class="bs-border bs-ticks"><span></span><div><i style="left:0">0.5 chance</i>'
    '<i style="left:50%">0.75</i><i style="left:100%">1</i></div><span></span></div>'
)


def _bar_row(figure: BorderFigure) -> str:
    low, high = figure.auroc_interval or (0.5, 0.5)
    left, right, at = (_place(value) for value in (low, high, figure.auroc or 0.5))
    where = f"within {figure.within}" if figure.within else "all images"
    return (
        f'<div class="bs-border"><span>{_USES[figure.uses]}<small>{escape(where)}, '
        f"n {figure.n:,}</small></span>"
        f'<div><b style="width:{at:.1f}%"></b>'
        f'<u style="left:{left:.1f}%;width:{max(0.3, right - left):.1f}%"></u></div>'
        f"<span><strong>{figure.auroc:.3f}</strong><small>{low:.3f} to {high:.3f}</small>"
        "</span></div>"
    )


def _place(value: float) -> float:
    """Return where an AUROC lies on a scale from 0.5 to 1, in per cent."""
    return 200.0 * (min(max(value, 0.5), 1.0) - 0.5)


def _counts(
    classes: Sequence[str], held: dict[str, dict[str, int]], title: str, marked: Sequence[str] = ()
) -> None:
    """Show counts with a bar behind each, and sums."""
    most = max((n for found in held.values() for n in found.values()), default=1)
    head = "".join(f"<th>{escape(display_name(name))}</th>" for name in classes)
    body = []
    for name, found in held.items():
        cells = "".join(_count(found.get(one, 0), most) for one in classes)
        alone = ' class="bs-alone"' if name in marked else ""
        total = f"<td><strong>{sum(found.values()):,}</strong></td>"
        body.append(f"<tr{alone}><th>{escape(name or '(none)')}</th>{cells}{total}</tr>")
    sums = "".join(
        f"<td><strong>{sum(found.get(one, 0) for found in held.values()):,}</strong></td>"
        for one in classes
    )
    everything = sum(sum(found.values()) for found in held.values())
    body.append(f"<tr><th>All</th>{sums}<td><strong>{everything:,}</strong></td></tr>")
    st.html(
        f'<table class="bs-table bs-counts" data-testid="balance-{title.lower()}"><thead><tr>'
        f"<th>{title}</th>{head}<th>All</th></tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def _count(number: int, most: int) -> str:
    if not number:
        return '<td class="bs-zero">0</td>'
    width = max(2.0, 100.0 * number / most)
    return f'<td><i style="width:{width:.0f}%"></i><span>{number:,}</span></td>'


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, figures: Sequence[int], test_id: str
) -> None:
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=bs-number' if place in figures else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    st.html(
        f'<table class="bs-table" data-testid="{test_id}"><thead><tr>{cells(header, "th")}</tr>'
        f"</thead><tbody>{body}</tbody></table>"
    )


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    shown = [f"{name} {count / total:.0%}" for name, count in _first(counts, 3)]
    return ", ".join(shown) + (", ..." if len(counts) > 3 else "")


def _first(counts: dict[str, int], number: int) -> list[tuple[str, int]]:
    return list(counts.items())[:number]
