"""The BrainScan app: ``streamlit run app.py``.

Navigation, theme and the research-use notice; each screen lives in ``pages/``.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from brainscan.ui.page import configure, footer

PAGES = (
    ("diagnose.py", "Diagnose", ":material/radiology:"),
    ("volume.py", "Volume", ":material/view_in_ar:"),
    ("evaluate.py", "Evaluate", ":material/query_stats:"),
    ("dataset.py", "Dataset", ":material/fact_check:"),
    ("model.py", "Model", ":material/deployed_code:"),
    ("training.py", "Training", ":material/show_chart:"),
)


def main() -> None:
    """Lay out the frame that all pages share and run the chosen page."""
    configure()
    folder = Path(__file__).parent / "pages"
    screens = [
        st.Page(folder / file, title=title, icon=icon, default=index == 0)
        for index, (file, title, icon) in enumerate(PAGES)
    ]
    page = st.navigation(screens, position="top")
    footer()
    page.run()


main()
