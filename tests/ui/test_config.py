"""The promises that live in .streamlit/config.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from brainscan.imaging.limits import DEFAULT_LIMITS


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    path = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_server_listens_here_only_and_tells_nobody(config: dict[str, Any]) -> None:
    assert config["server"]["address"] == "localhost"
    assert config["server"]["enableXsrfProtection"] is True
    assert config["browser"]["gatherUsageStats"] is False


def test_errors_show_no_traceback_and_offer_no_links(config: dict[str, Any]) -> None:
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["showErrorLinks"] is False
    assert config["client"]["toolbarMode"] == "minimal"


def test_upload_limit_is_the_reader_s(config: dict[str, Any]) -> None:
    assert config["server"]["maxUploadSize"] * 1024**2 == DEFAULT_LIMITS.max_volume_bytes


def test_fonts_are_local_and_both_themes_are_complete(config: dict[str, Any]) -> None:
    theme = config["theme"]
    assert "http" not in theme["font"] + theme["codeFont"]
    assert theme["dark"].keys() == theme["light"].keys()
    assert theme["dark"]["sidebar"].keys() == theme["light"]["sidebar"].keys()


def _luminance(color: str) -> float:
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text_and_links_stand_out_as_wcag_aa_asks(config: dict[str, Any], name: str) -> None:
    theme = config["theme"][name]
    for ink in ("textColor", "linkColor"):
        for paper in ("backgroundColor", "secondaryBackgroundColor"):
            high, low = sorted(map(_luminance, (theme[ink], theme[paper])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5
