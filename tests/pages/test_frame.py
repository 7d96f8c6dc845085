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
    # From here on only the choice can bring light; and once it has, no further reload is due,
    # which would cut off the visits below.
    page.emulate_media(color_scheme="dark")
    page.get_by_role("link", name="Volume").click()
    page.get_by_text("Open a whole scan").wait_for()
    other = context.new_page()
    other.emulate_media(color_scheme="dark")
    other.goto(f"{app_url}/model")
    wait_for_background(other, light)  # also in a tab opened while the first one is
    page.reload()
    wait_for_background(page, light)
    for address in (f"{app_url}/training", app_url):
        page.goto(address)
        wait_for_background(page, light)
    context.close()


def test_going_from_page_to_page_never_loads_the_app_again(chromium: Any, app_url: str) -> None:
    """Whatever the session holds, readers' outlines first of all, would be lost."""
    context = chromium.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(app_url)
    wait_for_background(page, "rgb(16, 17, 19)")  # the one reload of a first visit is over
    settle(page)
    page.evaluate("window.sameLoad = true")
    for name in ("Volume", "Evaluate", "Dataset", "Model", "Training", "Diagnose"):
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        page.wait_for_url(f"**/{'' if name == 'Diagnose' else name.lower()}")
        settle(page)
    assert page.evaluate("window.sameLoad")
    context.close()
