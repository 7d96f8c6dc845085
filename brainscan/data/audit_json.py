"""The audit as one JSON object.

=====================  ==========================================================================
``notice``             for research use only
``verdict``            ``level`` (``conflict``, ``leak``, ``copies``, ``clean``, ``nothing``),
                       ``sentence``, ``detail``
``dataset``            ``root``, ``layout``, ``fingerprint`` of the readable files, ``warnings``
``threshold``          similarity from which two pictures count as near-duplicates
``images``             ``found``, ``readable``, ``unreadable``
``unreadable``         list of ``file`` and ``reason``
``distinct``           ``by_bytes``, ``by_pixels``, ``near`` (groups of near-duplicates)
``duplicates``         ``byte_copies``, ``pixel_copies``: images beyond the first of their kind;
                       ``near_pairs``, of these ``mirrored_pairs``, ``cropped_pairs`` and
                       ``turned_pairs``;
                       ``byte_groups``, ``pixel_groups``, ``near_groups``: lists of lists of files
``given_groups``       ``count`` of groups (patients) that the dataset names; ``linked``: how many
                       of them share a near-duplicate with another
``twins``              one object a test side: ``fold``, ``n`` and how many of its images have a
                       copy in another fold: ``byte_identical``, ``pixel_identical``,
                       ``near_plain`` (not mirrored, cropped or turned), ``near``, ``linked`` (by a
                       chain of near-duplicates), ``same_group`` (a patient in several folds)
``conflicts``          list of ``kind`` (``pixels``, ``near``), ``classes``, ``files``
``balance``            ``classes``, ``sources``, ``folds``, ``classes_by_source``
``files_by_class``     a class to ``formats``, ``modes``, ``sizes`` (five most frequent),
                       ``longer_side_px`` and ``bytes`` (smallest, median, largest)
``border``             list of what rim and file predict: ``predicts``, ``within``, ``uses``,
                       ``n``, ``groups``, ``classes``, ``accuracy``, ``chance_accuracy``,
                       ``balanced_accuracy``, ``chance_balanced_accuracy``, ``auroc``,
                       ``auroc_interval`` (95 %), ``chance_auroc``
``files``              one object an image: ``file``, ``class``, ``label``, ``type``, ``source``,
                       ``fold``, ``given_group``, ``near_group``, ``safe_group`` (near-duplicates
                       and given groups joined), ``sha256``, ``pixels_sha256``, ``bytes``,
                       ``format``, ``mode``, ``width``, ``height``, ``twin_folds`` (other folds
                       that hold a near-duplicate) and ``nearest`` (``file``, ``similarity``,
                       ``kind``, ``mirrored``, ``turned``) or null
=====================  ==========================================================================
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from brainscan.data.audit import Audit
from brainscan.data.border import BorderFigure
from brainscan.data.dataset import fingerprint
from brainscan.data.leaks import class_of
from brainscan.data.verdict import distinct, verdict
from brainscan.notice import RESEARCH_USE


def audit_json(audit: Audit) -> dict[str, Any]:
    """Return the audit as plain values, ready for ``json.dumps``; the keys are listed above."""
    images, links, tally = audit.seen.images, audit.links, audit.tally
    names = [image.record.name for image in images]
    return {
        "notice": RESEARCH_USE,
        "verdict": asdict(verdict(audit)),
        "dataset": {
            "root": str(audit.dataset.root),
            "layout": audit.dataset.layout,
            "fingerprint": _fingerprint(audit),
            "warnings": list(audit.dataset.warnings),
        },
        "threshold": audit.threshold,
        "images": {
            "found": len(images) + len(audit.seen.unreadable),
            "readable": len(images),
            "unreadable": len(audit.seen.unreadable),
        },
        "unreadable": [{"file": n, "reason": reason} for n, reason in audit.seen.unreadable],
        "distinct": distinct(audit),
        "duplicates": {
            "byte_copies": len(images) - len(np.unique(links.byte_groups)),
            "pixel_copies": len(images) - len(np.unique(links.pixel_groups)),
            "near_pairs": links.pairs,
            "mirrored_pairs": links.mirrored_pairs,
            "cropped_pairs": links.cropped_pairs,
            "turned_pairs": links.turned_pairs,
            "byte_groups": _listed(links.byte_groups, names),
            "pixel_groups": _listed(links.pixel_groups, names),
            "near_groups": _listed(links.groups, names),
        },
        "given_groups": {
            "count": len({i.record.group for i in images if i.record.group}),
            "linked": audit.linked_given_groups,
        },
        "twins": [asdict(twins) for twins in audit.twins],
        "conflicts": [asdict(conflict) for conflict in audit.conflicts],
        "balance": {
            "classes": tally.classes,
            "sources": tally.sources,
            "folds": tally.folds,
            "classes_by_source": tally.classes_by_source,
        },
        "files_by_class": {
            name: {
                "formats": tally.formats_by_class[name],
                "modes": tally.modes_by_class[name],
                "sizes": tally.sizes_by_class[name],
                "longer_side_px": _three(tally.sides_by_class[name]),
                "bytes": _three(tally.bytes_by_class[name]),
            }
            for name in tally.classes
        },
        "border": [_border(figure) for figure in audit.border],
        "files": [_file(audit, index) for index in range(len(images))],
    }


def _file(audit: Audit, index: int) -> dict[str, Any]:
    image, links = audit.seen.images[index], audit.links
    record, nearest = image.record, links.nearest[index]
    others = np.flatnonzero(links.near_folds[index])
    return {
        "file": record.name,
        "class": class_of(record),
        "label": record.label,
        "type": record.type,
        "source": record.source,
        "fold": record.fold,
        "given_group": record.group,
        "near_group": int(links.groups[index]),
        "safe_group": int(audit.safe_groups[index]),
        "sha256": image.sha256,
        "pixels_sha256": image.pixels_sha256,
        "bytes": image.bytes,
        "format": image.format,
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
        "twin_folds": [links.folds[f] for f in others if f != links.fold_of[index]],
        "nearest": nearest
        and {
            "file": audit.seen.images[nearest.index].record.name,
            "similarity": round(nearest.similarity, 4),
            "kind": nearest.kind,
            "mirrored": nearest.mirrored,
            "turned": nearest.turned,
        },
    }


def _border(figure: BorderFigure) -> dict[str, Any]:
    plain = asdict(figure)
    return plain | {"chance_auroc": None if figure.auroc is None else 0.5}


def _listed(groups: np.ndarray, names: list[str]) -> list[list[str]]:
    """Names of the members of every group of two or more."""
    members: dict[int, list[str]] = {}
    for group, name in zip(groups, names, strict=True):
        members.setdefault(int(group), []).append(name)
    return [found for found in members.values() if len(found) > 1]


def _three(values: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("smallest", "median", "largest"), values, strict=True))


def _fingerprint(audit: Audit) -> str:
    """As :meth:`brainscan.data.dataset.Dataset.fingerprint`, from the digests at hand."""
    return fingerprint((image.record, image.sha256) for image in audit.seen.images)
