"""The form that starts a training."""

from __future__ import annotations

import streamlit as st

from brainscan.errors import TrainingError
from brainscan.runs.launch import ARCHITECTURES, TrainingPlan, problems, start, suggest_name
from brainscan.runs.library import list_runs, runs_folder
from brainscan.ui.error_card import error_card, plain
from brainscan.ui.training_actions import dialog_closed
from brainscan.ui.training_shown import NETWORKS, select

_RECOMMENDED = "Recommended"


@st.dialog(
    "Start a training", width="large", icon=":material/model_training:", on_dismiss=dialog_closed
)
def start_dialog() -> None:
    """Ask for what a training needs, say what is wrong with it, start it."""
    active = [run.name for run in list_runs() if run.active]
    if active:
        st.warning(
            f"{plain(', '.join(active))} is in progress. Two trainings share this machine's "
            "processors and each takes about twice as long.",
            icon=":material/warning:",
        )
    architecture = st.segmented_control(
        "Network",
        ARCHITECTURES,
        default=ARCHITECTURES[0],
        required=True,
        format_func=lambda name: NETWORKS[name],
        help="ResNet50 starts from weights learned on photographs and is the accurate one. "
        "The custom CNN is small, starts from nothing and trains fast.",
        key="start_architecture",
    )
    with st.form("training_start", border=False):
        plan = _fields(str(architecture or ARCHITECTURES[0]))
        pressed = st.form_submit_button(
            "Start training", type="primary", icon=":material/play_arrow:"
        )
    if not pressed:
        return
    with st.spinner("Checking the images and settings"):
        found = problems(plan)
    for sentence in found:
        error_card(sentence)
    if found:
        return
    try:
        run = start(plan)
    except TrainingError as error:
        error_card(error)
        return
    select([run.key])
    st.rerun()


def _fields(architecture: str) -> TrainingPlan:
    datasets = st.text_area(
        "Labelled scans",
        placeholder="/home/me/scans",
        help="One path a line: a folder with class folders (glioma, meningioma, pituitary, "
        "notumor; or yes, no), a Training/Testing pair of such folders, or a folder with a "
        "manifest.csv. The images stay where they are.",
        height=80,
        key="start_datasets",
    )
    name = st.text_input(
        "Name of the run",
        value=suggest_name(architecture),
        max_chars=64,
        help=f"It becomes a folder in {runs_folder()}.",
        key=f"start_name_{architecture}",
    )
    left, middle, right = st.columns(3)
    numbers = {
        "epochs": left.number_input(
            "Epochs", value=None, step=1, placeholder=_RECOMMENDED, key="start_epochs"
        ),
        "batch-size": middle.number_input(
            "Batch size", value=None, step=1, placeholder=_RECOMMENDED, key="start_batch_size"
        ),
        "learning-rate": right.number_input(
            "Learning rate",
            value=None,
            format="%g",
            step=0.0001,
            placeholder=_RECOMMENDED,
            key="start_learning_rate",
        ),
    }
    with st.expander("More settings"):
        left, right = st.columns(2)
        numbers["patience"] = left.number_input(
            "Patience, in epochs",
            value=None,
            step=1,
            placeholder=_RECOMMENDED,
            help="The training ends early after this many epochs without a better result.",
            key="start_patience",
        )
        numbers["validation-share"] = right.number_input(
            "Validation share",
            value=None,
            format="%g",
            step=0.01,
            placeholder=_RECOMMENDED,
            help="Part of the images, in whole patients, held out to choose the best epoch.",
            key="start_share",
        )
        folds = left.text_input(
            "Folds",
            placeholder="All",
            help="Names separated by blanks: use only these folds of the manifest.",
            key="start_folds",
        )
        weights = right.text_input(
            "Starting weights",
            placeholder="imagenet",
            help="imagenet (downloaded once), none, or the path of an .npz file.",
            disabled=architecture != "resnet50",
            key="start_weights",
        )
        tumor_free = st.text_area(
            "Folders without any tumour",
            placeholder="None",
            help="One path a line. Every image in them counts as free of tumour.",
            height=80,
            key="start_tumor_free",
        )
    return TrainingPlan(
        datasets=_lines(datasets),
        architecture=architecture,
        name=name.strip(),
        tumor_free=_lines(tumor_free),
        folds=tuple(folds.replace(",", " ").split()),
        weights=weights.strip(),
        numbers={key: float(value) for key, value in numbers.items() if value is not None},
    )


def _lines(text: str) -> tuple[str, ...]:
    """Return the paths of a field; people paste them with quotes around."""
    return tuple(line.strip().strip("\"'") for line in text.splitlines() if line.strip())
