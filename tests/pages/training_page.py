"""The training page in a test: opened, read and pressed."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.browser import ROOT

PAGE = ROOT / "pages" / "training.py"
FOREIGN = "epoch;auc;lr;val_auc;val_loss\n0;0.5;0.1;0.55;1\n1;0.6;0.1;0.7;0.8\n0;0.65;0.1;0.6;0.9\n"


def open_page(**state: Any) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=30)
    for key, value in state.items():
        app.session_state[key] = value
    return app.run()


def texts(elements: Any) -> str:
    """Return what the reader sees, without the backslashes that keep Markdown out of names."""
    return "\n".join(str(element.value) for element in elements).replace("\\", "")


def button(app: AppTest, label: str) -> Any:
    return next(element for element in app.button if element.label == label)


def table(app: AppTest) -> Any:
    return app.dataframe[0].value
