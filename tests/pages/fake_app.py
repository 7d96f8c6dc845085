"""The real app with stand-ins for the released models; ``streamlit run`` starts this file."""

from __future__ import annotations

import runpy
from pathlib import Path

from tests.pages import fake_model

fake_model.install()  # before anything of the app takes hold of the real models

from tests.pages import fake_volume  # noqa: E402

fake_volume.install()
fake_model.note("script")

runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"), run_name="__main__")
