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


def wait_for_background(page: Any, color: str) -> None:
    page.wait_for_function(
        "(wanted) => getComputedStyle(document.querySelector('.stApp') ?? document.body)"
        ".backgroundColor === wanted",
        arg=color,
    )


def test_first_visit_is_dark_and_a_choice_holds_for_all_pages(chromium: Any, app_url: str) -> None:
    dark, light = "rgb(16, 17, 19)", "rgb(251, 251, 252)"
    context = chromium.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(app_url)
    wait_for_background(page, dark)  # even on a light desktop
    settle(page)
    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_text("Light").click()
    page.keyboard.press("Escape")
    wait_for_background(page, light)
    page.get_by_role("link", name="Volume").click()
    page.get_by_text("Open a whole scan").wait_for()
    other = context.new_page()
    other.goto(f"{app_url}/model")
    settle(other)
    wait_for_background(other, light)  # also in a tab opened while the first one is
    page.reload()
    wait_for_background(page, light)
    page.goto(f"{app_url}/training")
    settle(page)
    wait_for_background(page, light)
    page.goto(app_url)
    settle(page)
    wait_for_background(page, light)
    context.close()
