"""What the viewer on the Volume page is told of the chosen volume."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable

import streamlit as st

from brainscan.imaging.volume import Volume
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import volume_answer, volume_exports, volume_session
from brainscan.ui.viewer.payload import Picture
from brainscan.ui.volume_session import VolumeSession
from brainscan.ui.volume_viewer import volume_viewer
from brainscan.ui.volume_viewer.payload import pack_answer, pack_volume

_VIEW = "volume_view"


def show_volume(
    study: VolumeSession, volume: Volume, prediction: VolumePrediction | None, key: str, name: str
) -> None:
    """Show the three planes, the evidence and the outline."""
    answer = outline = drawn = study.shown = None
    if prediction is not None:
        place = (study.chosen, key, prediction.sensitivity)
        answer = _packed(study, place, lambda: pack_answer(volume, prediction, name))
        outline = study.outline_of((key, study.chosen), prediction)
        drawn = study.drawing(volume, prediction, outline, place)
    volume_viewer(
        _packed(study, study.chosen, lambda: pack_volume(volume)),
        answer,
        drawn,
        key="volume_viewer",
        on_save=_on_save,
        on_outline=_on_outline,
        picture=_picture_to_save(study, volume, prediction, outline),
        goto=st.session_state.pop(volume_answer.GOTO, None),
        expecting=prediction is not None or study.asking is not None,
        author=st.session_state.get("reader_name", ""),
        receipt=study.receipt,
    )


def _packed(study: VolumeSession, key: Hashable, make: Callable[[], bytes]) -> bytes:
    """Return what the viewer shows, packed once."""
    data = study.packed.get(key)
    if data is None:
        data = make()
        study.packed.put(key, data, len(data))
    return data


def _on_outline() -> None:
    """Keep the outline that the reader drew in the viewer."""
    study = volume_session.current()
    if study is None:
        return
    receipt = study.keep_outline(st.session_state["volume_viewer"]["outline"])
    if not receipt.problem:
        st.session_state["reader_name"] = receipt.author


def _on_save() -> None:
    """Remember which view to hand to the browser as a picture in the coming run."""
    st.session_state[_VIEW] = st.session_state["volume_viewer"]["save"]


def _picture_to_save(
    study: VolumeSession,
    volume: Volume,
    prediction: VolumePrediction | None,
    outline: VolumeOutline | None,
) -> Picture | None:
    """Return the view asked for as a picture, once."""
    view = st.session_state.pop(_VIEW, None)
    if view is None:
        return None
    if view["volume"] != volume.sha256:
        return None
    synthetic = study.given.synthetic
    png = volume_exports.view_png(volume, prediction, view, outline, synthetic=synthetic)
    name = f"{view['plane']}-{int(view['index']) + 1:03d}"
    return Picture(uuid.uuid4().hex, volume_exports.file_name(volume, name, "png"), png)
