"""What every page shares: the frame, the notice and the promise to talk to nobody."""

from __future__ import annotations

from typing import Any

from brainscan.notice import RESEARCH_USE
from tests.pages.browser import settle


def test_notice_is_in_sight_and_lets_clicks_through(page: Any, app_url: str) -> None:
    page.goto(app_url)
    settle(page)
    notice = page.get_by_test_id("research-use")
    assert notice.inner_text() == RESEARCH_USE
    box = notice.bounding_box()
    assert box["y"] + box["height"] <= 800
    assert notice.evaluate("e => getComputedStyle(e).pointerEvents") == "none"


def test_first_screen_asks_nobody_outside_and_logs_no_error(page: Any, app_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(app_url)
    settle(page)
    page.wait_for_timeout(500)
    local = (app_url, app_url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
    assert page.console_errors == []


def test_first_visit_is_dark_even_on_a_light_desktop(chromium: Any, app_url: str) -> None:
    context = chromium.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(app_url)
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.stApp') ?? document.body)"
        ".backgroundColor === 'rgb(16, 17, 19)'"
    )
    context.close()
