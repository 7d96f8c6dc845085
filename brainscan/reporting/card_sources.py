"""What is known of the public datasets a model may be trained on: content and licence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A dataset by the name that manifests give it.

    ``limit`` is what a reader must know of figures measured on it.
    """

    about: str
    licence: str
    reference: str
    limit: str = ""


SOURCES = {
    "figshare": Source(
        "T1 post-contrast slices of 233 patients, three tumour types, tumour outlines, folds by "
        "patient. Every slice shows a tumour.",
        "CC BY 4.0",
        "Cheng et al., brain tumor dataset, figshare 1512427",
        "For `figshare` only the fold of a patient is published, not the patient: a whole fold is "
        "held out together, and intervals of figures on it are over images, not over patients, so "
        "they are too narrow.",
    ),
    "lgg": Source(
        "FLAIR and T1 post-contrast slices of lower-grade glioma patients, with and without tumour "
        "from the same scans, tumour masks.",
        "images CC BY 3.0, masks and slice labels CC BY-NC-SA 4.0",
        "TCGA-LGG (TCIA); masks by Buda et al. 2019",
        "`lgg` has one disease (lower-grade glioma) and one way of preprocessing; a tumour that "
        "hardly enhances is hard to see for anybody on T1 post-contrast slices.",
    ),
    "br35h": Source(
        "Slices collected from the web, tumour and no tumour.",
        "not stated",
        "Br35H, Kaggle",
        "Tumour-free web images come from other places than tumour images, so figures over the "
        "web sources partly measure the source. Judge the detector by `lgg`, where both kinds of "
        "slices come from the same patients.",
    ),
    "sartaj": Source(
        "Slices collected from the web, three tumour types and no tumour.",
        "not stated",
        "Sartaj Bhuvaji et al., Kaggle",
        "In the web sources only copies are grouped: two different slices of one unknown patient "
        "can lie on both sides of a split.",
    ),
    "healthy-oasis": Source(
        "Tumour-free, skull-stripped T1 slices.",
        "for research, OASIS terms",
        "OASIS",
    ),
}

_LICENCE = (
    "Research use only, non-commercial: parts of the training data are licensed CC BY-NC-SA or "
    "state no licence."
)
_OTHER_LICENCE = "Research use only. Check what the licences of your training data allow."


def licence_of(sources: Iterable[str]) -> str:
    """Return what may be done with a model trained on these sources."""
    return _LICENCE if set(sources) & set(SOURCES) else _OTHER_LICENCE
