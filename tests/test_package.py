"""What importing BrainScan costs and brings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import brainscan

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("tensorflow", "keras", "torch")


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_import_brings_nothing_heavy() -> None:
    loaded = modules_after("import brainscan")
    assert not loaded & {*HEAVY, "numpy", "cv2", "streamlit", "openvino", "plotly"}


def test_public_names_are_there() -> None:
    for name in brainscan.__all__:
        assert getattr(brainscan, name) is not None
        assert name in dir(brainscan)
    with pytest.raises(AttributeError, match="nothing"):
        brainscan.nothing  # noqa: B018


@pytest.mark.parametrize(
    "room", ["imaging", "data", "inference", "explain", "evaluation", "runs", "reporting", "ui"]
)
def test_serving_rooms_do_not_import_tensorflow(room: str) -> None:
    modules = [
        f"brainscan.{room}.{path.stem}"
        for path in (ROOT / "brainscan" / room).glob("*.py")
        if path.stem != "__init__"
    ]
    assert modules
    assert not modules_after("import " + ", ".join(modules)) & set(HEAVY)


@pytest.mark.parametrize(
    "script",
    [
        "app.py",
        "pages/dataset.py",
        "pages/diagnose.py",
        "pages/evaluate.py",
        "pages/model.py",
        "pages/training.py",
        "pages/volume.py",
    ],
)
def test_screens_open_without_anything_heavy(script: str, tmp_path: Path) -> None:
    code = (
        "import os; from streamlit.testing.v1 import AppTest\n"
        f"os.environ['BRAINSCAN_RUNS'] = {str(tmp_path)!r}\n"
        f"app = AppTest.from_file({str(ROOT / script)!r}, default_timeout=60).run()\n"
        "assert not app.exception"
    )
    assert not modules_after(code) & set(HEAVY)


def test_every_screen_is_checked() -> None:
    assert {path.name for path in (ROOT / "pages").glob("*.py")} == {
        "dataset.py",
        "diagnose.py",
        "evaluate.py",
        "model.py",
        "training.py",
        "volume.py",
    }


def test_below_ui_nothing_imports_streamlit() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "brainscan").rglob("*.py")
        if "ui" not in path.relative_to(ROOT / "brainscan").parts
        and "import streamlit" in path.read_text(encoding="utf-8")
    ]
    assert offenders == []


def test_predicting_does_not_import_tensorflow() -> None:
    code = (
        "from brainscan.imaging.phantom import phantom_png, phantom_slice\n"
        "from brainscan import TumorClassifier, read_scan\n"
        "TumorClassifier.load('custom_cnn').predict(read_scan(phantom_png(phantom_slice(1))))"
    )
    assert not modules_after(code) & set(HEAVY)
