"""The Evaluate page: form, run, result, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from brainscan.errors import DatasetError
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.release import Release
from brainscan.ui import evaluation_run
from brainscan.ui.evaluation_intake import FolderSource
from brainscan.ui.evaluation_progress import words
from brainscan.ui.jobs import Handle, Job
from tests.evaluation.volume_stub import tumor_labels, write_mask, write_volume
from tests.pages.browser import ROOT
from tests.pages.evaluation_app import use_stand_in, write_release
from tests.pages.evaluation_scans import labelled_scans, labelled_volumes

_PAGE = ROOT / "pages" / "evaluate.py"


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled_scans(tmp_path_factory.mktemp("data") / "phantoms")


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled_volumes(tmp_path_factory.mktemp("data") / "volumes")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page alone, with one release whose network is a stand-in."""
    write_release(tmp_path / "models")
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(evaluation_run, "TumorClassifier", evaluation_run.TumorClassifier)
    use_stand_in()
    return AppTest.from_file(str(_PAGE), default_timeout=60).run()


def _finish(app: AppTest) -> AppTest:
    job = evaluation_run.current(app.session_state)
    assert job is not None
    job.wait(60)
    return app.run()


def _evaluate(app: AppTest, path: Path) -> AppTest:
    app.text_input(key="evaluation_path").set_value(str(path)).run()
    app.button(key="evaluation_start").click().run()
    return _finish(app)


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_empty_page_explains_the_layouts(app: AppTest) -> None:
    assert not app.exception
    assert app.button(key="evaluation_start").disabled
    for word in ("notumor/", "yes/", "Training/", "manifest.csv"):
        assert word in _html(app)


def test_without_a_model_the_page_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path))
    app = AppTest.from_file(str(_PAGE), default_timeout=60).run()
    assert "no released model" in app.info[0].value


def test_a_wrong_path_is_a_sentence_and_cannot_be_started(app: AppTest, tmp_path: Path) -> None:
    app.text_input(key="evaluation_path").set_value(str(tmp_path / "nowhere")).run()
    assert "does not exist" in app.error[0].value
    assert app.button(key="evaluation_start").disabled


def test_a_labelled_folder_becomes_figures(app: AppTest, scans: Path) -> None:
    _evaluate(app, scans)
    assert not app.exception
    html = _html(app)
    for name in ("AUROC", "Sensitivity (recall)", "Macro F1, 4 classes", "Accuracy, 3 types"):
        assert name in html
    assert "16 in the figures" in app.caption[0].value
    assert app.subheader[0].value == "1 file without a prediction"


def test_the_threshold_moves_the_figures_without_the_network(app: AppTest, scans: Path) -> None:
    _evaluate(app, scans)
    job = evaluation_run.current(app.session_state)
    before = _html(app)
    app.slider(key="evaluation_threshold").set_value(0.0).run()
    assert evaluation_run.current(app.session_state) is job
    assert "Every image" not in before
    assert _html(app) != before
    app.button(key="evaluation_reset").click().run()
    assert _html(app) == before


def test_every_section_stands_at_every_threshold(app: AppTest, scans: Path) -> None:
    _evaluate(app, scans)
    for threshold in (0.0, 1.0):
        app.slider(key="evaluation_threshold").set_value(threshold).run()
        for section in ("Curves", "Classes", "Sources", "Errors", "Images"):
            app.segmented_control(key="evaluation_section").set_value(section).run()
            assert not app.exception, f"{section} at threshold {threshold}"


def test_unlabelled_images_become_a_table(app: AppTest, scans: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for number, path in enumerate(sorted(scans.rglob("[0-9].png"))):
        (tmp_path / "plain" / f"{number}.png").write_bytes(path.read_bytes())
    _evaluate(app, tmp_path / "plain")
    assert not app.exception
    assert "No labels" in app.info[0].value
    assert len(app.dataframe[0].value) == 16


def test_one_class_alone_has_no_ranking_and_says_why(
    app: AppTest, scans: Path, tmp_path: Path
) -> None:
    (tmp_path / "only" / "yes").mkdir(parents=True)
    picture = (scans / "glioma" / "0.png").read_bytes()
    (tmp_path / "only" / "yes" / "1.png").write_bytes(picture)
    _evaluate(app, tmp_path / "only")
    assert not app.exception
    assert "not defined" in _html(app)
    assert "Every image is labelled tumour." in _html(app)


def test_a_failed_run_returns_to_the_form_with_its_sentence(
    app: AppTest, scans: Path, tmp_path: Path
) -> None:
    app.text_input(key="evaluation_path").set_value(str(scans)).run()
    (tmp_path / "models" / "resnet50" / "manifest.json").write_text("damaged", encoding="utf-8")
    release = Release(tmp_path / "models" / "resnet50", {"name": "resnet50"})
    app.session_state["evaluation_job"] = evaluation_run.start(FolderSource(scans), release)
    _finish(app)
    assert "manifest" in app.error[0].value


def _fail() -> Job[Any]:
    def work(handle: Handle) -> Any:
        raise DatasetError("The file is not a ZIP archive.")

    job = Job("broken.zip", work)
    job.wait(10)
    return job


@pytest.mark.parametrize("choice", ["path", "place"])
def test_an_error_goes_when_other_scans_are_chosen(app: AppTest, scans: Path, choice: str) -> None:
    app.session_state["evaluation_job"] = _fail()
    assert "not a ZIP archive" in app.run().error[0].value
    if choice == "path":
        app.text_input(key="evaluation_path").set_value(str(scans)).run()
    else:
        app.segmented_control(key="evaluation_place").set_value("zip").run()
    assert not app.error and not app.exception


def test_a_new_evaluation_starts_from_the_form(app: AppTest, scans: Path) -> None:
    _evaluate(app, scans)
    app.button(key="evaluation_new").click().run()
    assert not app.exception
    assert app.button(key="evaluation_start") is not None


def test_volumes_have_figures_and_a_table_of_their_own(
    app: AppTest, volumes: Path, tmp_path: Path
) -> None:
    app.text_input(key="evaluation_path").set_value(str(volumes)).run()
    assert "2 images and 2 volumes" in app.caption[0].value
    _evaluate(app, volumes)
    assert not app.exception
    assert [heading.value for heading in app.subheader] == ["2 volumes", "Images and slices"]
    assert "Volumes, sensitivity" in _html(app)
    assert "2 images or slices in the figures" in app.caption[0].value
    table = app.dataframe[0].value
    assert set(table["Volume"]) == {"yes/a.nii.gz", "no/series"}
    assert any(chart.key == "evaluation_profile" for chart in app.get("plotly_chart"))


@pytest.mark.parametrize("name", ["1.png", "a.nii.gz"])
def test_with_nothing_readable_there_are_no_figures(
    app: AppTest, tmp_path: Path, name: str
) -> None:
    for folder in ("yes", "no"):
        (tmp_path / "bad" / folder).mkdir(parents=True)
        (tmp_path / "bad" / folder / name).write_bytes(bytes(range(200, 256)) * 40)
    _evaluate(app, tmp_path / "bad")
    assert not app.exception
    assert [text.value for text in app.info] == [
        "None of the files could be read, so there are no predictions and no figures."
    ]
    assert [heading.value for heading in app.subheader] == ["2 files without a prediction"]
    shown = _html(app) + " ".join(text.value for text in app.caption)
    assert "Only one class" not in shown and "seen in training" not in shown


def test_slices_of_a_masked_volume_can_be_looked_through(app: AppTest, tmp_path: Path) -> None:
    root = tmp_path / "masked"
    write_volume(root / "a.nii.gz")
    write_mask(root / "m.nii.gz", tumor_labels())
    (root / "manifest.csv").write_text("file,label,mask\na.nii.gz,glioma,m.nii.gz\n")
    _evaluate(app, root)
    assert not app.exception
    app.slider(key="evaluation_threshold").set_value(1.0).run()
    app.segmented_control(key="evaluation_section").set_value("Errors").run()
    assert not app.exception
    assert "a.nii.gz, axial" in app.dataframe[1].value["File"][0]


def test_outlines_are_shown_with_their_worst(app: AppTest, tmp_path: Path) -> None:
    root = tmp_path / "masked"
    root.mkdir()
    lines = ["file,label,patient,sequence,mask"]
    for seed in range(3):
        one = phantom_slice(seed, lesion="glioma")
        (root / f"{seed}.png").write_bytes(phantom_png(one))
        Image.fromarray(one.mask).save(root / f"m{seed}.png")
        lines.append(f"{seed}.png,glioma,p{seed},{'t1' if seed else 'flair'},m{seed}.png")
    (root / "free.png").write_bytes(phantom_png(phantom_slice(3)))
    (root / "manifest.csv").write_text("\n".join([*lines, "free.png,notumor,p3,t1,"]))
    _evaluate(app, root)
    app.segmented_control(key="evaluation_section").set_value("Outlines").run()
    assert not app.exception
    assert "Dice a slice" in _html(app) and "Lesions found" in _html(app)
    parts, gallery = (frame.value for frame in app.dataframe)
    assert list(parts["Part"]) == ["all", "masked flair", "masked t1"]
    assert len(gallery) == 3 and gallery["Agreement"][0].startswith("Dice 0.")
    assert len(app.image) == 1
    app.selectbox(key="evaluation_outline_part").set_value("masked t1").run()
    assert not app.exception
    assert len(app.dataframe[1].value) == 2
    assert any("limits of agreement" in caption.value for caption in app.caption)


def test_progress_tells_the_place_in_a_volume() -> None:
    job: Any = Job("scans", lambda handle: _report(handle))
    job.wait(60)
    assert words(job) == "Evaluating: volume 1 of 2, slice 18 of 36"


def _report(handle: Handle) -> None:
    handle.begin("Evaluating")
    handle.report(50, 200, "volume 1 of 2, slice 18 of 36")
