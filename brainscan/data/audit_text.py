"""The audit as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from brainscan.data.audit import Audit
from brainscan.data.border import LEAST_GROUPS, LEAST_OF_CLASS, BorderFigure
from brainscan.data.verdict import distinct, one_sided, verdict

_SHOWN = 5
_SUBJECT = {
    "rim": "The outermost pixels alone tell",
    "file": "The file's size and format alone tell",
    "rim and file": "The outermost pixels and the file alone tell",
}
_TELLING = 0.75  # AUROC from which what lies outside the brain is called telling


def audit_text(audit: Audit) -> str:
    """Return the summary, a few short sections of lines of at most 100 characters or so."""
    sections = [
        _heading(audit),
        _unreadable(audit),
        _balance(audit),
        _files(audit),
        _duplicates(audit),
        _twins(audit),
        _conflicts(audit),
        _border(audit),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _heading(audit: Audit) -> list[str]:
    found = len(audit.seen.images) + len(audit.seen.unreadable)
    lines = [f"{audit.dataset.root}: {found} image files, {audit.dataset.layout}"]
    said = verdict(audit)
    lines += [text for text in (said.sentence, said.detail) if text]
    return lines + [f"  note: {warning}" for warning in audit.dataset.warnings]


def _unreadable(audit: Audit) -> list[str]:
    files = audit.seen.unreadable
    if not files:
        return []
    lines = [f"Unreadable: {len(files)}"]
    lines += [f"  {name}: {reason}" for name, reason in files[:_SHOWN]]
    return lines + _more(len(files))


def _balance(audit: Audit) -> list[str]:
    tally = audit.tally
    if not audit.seen.images:
        return ["No file could be read, so there is nothing to compare."]
    classes = list(tally.classes)
    rows = [
        [
            source or "(none)",
            *(str(found.get(name, 0)) for name in classes),
            str(sum(found.values())),
        ]
        for source, found in tally.classes_by_source.items()
    ]
    rows.append(["all", *(str(tally.classes[n]) for n in classes), str(len(audit.seen.images))])
    lines = ["Images by source and class", *_table(["source", *classes, "all"], rows)]
    if alone := one_sided(audit):
        lines.append(
            f"  Tumors only, or none at all: {_names(alone)}. There the source gives it away."
        )
    return lines


def _files(audit: Audit) -> list[str]:
    tally = audit.tally
    rows = []
    for name in tally.classes:
        low, middle, high = tally.sides_by_class[name]
        small, median, large = (value / 1024 for value in tally.bytes_by_class[name])
        rows.append(
            [
                name,
                _shares(tally.formats_by_class[name]),
                _shares(tally.modes_by_class[name]),
                f"{low}-{middle}-{high}",
                f"{small:.1f}-{median:.1f}-{large:.1f}",
            ]
        )
    header = ["class", "formats", "modes", "longer side px", "KiB"]
    title = "Files by class (smallest-median-largest)"
    return [title, *_table(header, rows)] if rows else []


def _duplicates(audit: Audit) -> list[str]:
    links, count, found = audit.links, len(audit.seen.images), distinct(audit)
    if not count:
        return []
    lines = [
        "Duplicates",
        f"  {count - found['by_bytes']} byte copies, {count - found['by_pixels']} pixel copies "
        "(beyond the first of each)",
        f"  {count - found['near']} near-duplicates beyond the first of each (similarity "
        f"{audit.threshold:g} or more): {count} files show {found['near']} different pictures",
        f"  {links.pairs} pairs of distinct pictures are alike, {links.mirrored_pairs} of them "
        f"mirrored, {links.cropped_pairs} cropped, {links.turned_pairs} turned",
    ]
    if audit.linked_given_groups:
        lines.append(
            f"  {audit.linked_given_groups} of the dataset's own groups share a picture with "
            "another group"
        )
    return lines


def _twins(audit: Audit) -> list[str]:
    if not audit.twins:
        return []
    rows = [
        [t.fold, str(t.n)]
        + [
            f"{value} ({value / t.n:.1%})"
            for value in (t.byte_identical, t.pixel_identical, t.near_plain, t.near, t.linked)
        ]
        for t in audit.twins
    ]
    header = ["fold", "images", "same bytes", "same pixels", "near", "near, changed"]
    lines = ["Images with a twin in another fold", *_table([*header, "in a chain"], rows)]
    worst = max(t.near / t.n for t in audit.twins)
    if worst:
        lines += [
            "  A model tested on these folds has seen some of the answers.",
            "  Use --split to write a split without twins.",
        ]
    return lines


def _conflicts(audit: Audit) -> list[str]:
    found = audit.conflicts
    if not found:
        return []
    equal = sum(conflict.kind == "pixels" for conflict in found)
    lines = [
        f"Label conflicts: groups of copies with different classes: {len(found)}, "
        f"of these with equal pictures: {equal}",
    ]
    if equal < len(found):
        lines.append("  Neighbouring slices of one patient can be alike and differ rightly: look.")
    for conflict in found[:_SHOWN]:
        files = _names(conflict.files)
        lines.append(f"  {' and '.join(conflict.classes)}: {files}")
    return lines + _more(len(found))


def _border(audit: Audit) -> list[str]:
    if not audit.seen.images:
        return []
    if not audit.border:
        return [
            "Without the brain",
            f"  Not measured: that needs two classes of at least {LEAST_OF_CLASS} images in at "
            f"least {LEAST_GROUPS} groups each.",
        ]
    rows = [
        [
            f"{f.predicts} within {f.within}" if f.within else f.predicts,
            f.uses,
            str(f.n),
            str(f.groups),
            f"{f.accuracy:.3f} ({f.chance_accuracy:.3f})",
            f"{f.balanced_accuracy:.3f} ({f.chance_balanced_accuracy:.3f})",
            _auroc(f),
        ]
        for f in audit.border
    ]
    header = ["predicts", "uses", "n", "groups", "accuracy", "balanced", "AUROC, 95 % interval"]
    lines = ["Without the brain (groups held out; chance in brackets)", *_table(header, rows)]
    telling = [f for f in audit.border if f.predicts == "tumor" and (f.auroc or 0) >= _TELLING]
    if telling:
        best = max(telling, key=lambda f: f.auroc or 0)
        lines.append(
            f"  {_SUBJECT[best.uses]} tumor from no tumor with AUROC {best.auroc:.2f}: "
            "a good figure here need not mean that a model sees the tumor."
        )
    return lines


def _auroc(figure: BorderFigure) -> str:
    if figure.auroc is None or figure.auroc_interval is None:
        return "-"
    low, high = figure.auroc_interval
    return f"{figure.auroc:.3f} ({low:.3f} to {high:.3f})"


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    shown = [f"{name} {count / total:.0%}" for name, count in list(counts.items())[:3]]
    return ", ".join(shown) + (", ..." if len(counts) > 3 else "")


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _more(count: int) -> list[str]:
    return [f"  and {count - _SHOWN} more, see --json"] if count > _SHOWN else []


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Columns padded to their widest cell, numbers to the right."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    numeric = [
        all(row[k][:1].isdigit() or row[k] == "-" for row in rows) for k in range(len(header))
    ]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [header, *rows]
    ]
