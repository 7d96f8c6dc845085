"""The released models as the pages see them: a short list, each loaded once a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from brainscan.imaging.scan import Scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release, list_models

_TITLES = {"resnet50": "ResNet50", "custom_cnn": "Custom CNN"}


@dataclass(frozen=True)
class Reader:
    """A loaded model and the key under which its answers are kept.

    Attributes
    ----------
    key
        Name, version and fingerprint: another release never answers for this one.
    title
        Name and version for people, for example ``"ResNet50 1.0.0"``.
    """

    key: str
    title: str
    release: Release
    classifier: TumorClassifier

    def predict(self, scan: Scan, *, gate: bool = True) -> Prediction:
        """Return what the model says about a slice, with or without its input gate."""
        return self.classifier.predict(scan, gate=gate)


def releases() -> dict[str, Release]:
    """Return the released models by the title that people read, ResNet50 first."""
    return {title_of(release): release for release in list_models()}


def title_of(release: Release) -> str:
    """Return a model's name and version for people."""
    return f"{_TITLES.get(release.name, release.name)} {release.version}"


def reader_of(release: Release) -> Reader:
    """Load a model, or return the one already loaded.

    Raises
    ------
    ModelUnavailable
        If files of the release are missing or altered.
    """
    key = f"{release.title} {release.fingerprint[:16]}"
    return Reader(key, title_of(release), release, _load(str(release.folder), key))


@st.cache_resource(max_entries=4, show_spinner=False)
def _load(folder: str, key: str) -> TumorClassifier:
    """Load a release; ``key`` is an argument so that a changed release is loaded anew."""
    return TumorClassifier.load(Path(folder))
