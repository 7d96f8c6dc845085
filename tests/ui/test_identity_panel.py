"""The identity panel: nothing of the patient reaches the page until the reader asks for it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

FACTS = ("Doe^Jane", "4711", "19700101")


def _panel(stated: bool, burned_in: bool, key: str) -> None:
    from brainscan.imaging.identity import Identity
    from brainscan.ui.identity_panel import identity_panel

    facts = (("Patient name", "Doe^Jane"), ("Patient ID", "4711"), ("Birth date", "19700101"))
    identity_panel(Identity(facts) if stated else None, burned_in, key=key)


def _run(stated: bool, burned_in: bool, key: str = "identity-a") -> AppTest:
    app = AppTest.from_function(_panel, args=(stated, burned_in, key), default_timeout=30).run()
    assert not app.exception
    return app


def _sent(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_identity_is_hidden_and_the_panel_closed_to_begin_with() -> None:
    app = _run(True, False)
    assert app.toggle[0].value is True
    assert not app.expander[0].proto.expanded
    assert "Patient name" in _sent(app) and _sent(app).count("hidden") == 3
    assert not any(fact in str(app.main) or fact in _sent(app) for fact in FACTS)


def test_identity_is_shown_when_asked_for_and_hidden_again() -> None:
    app = _run(True, False)
    app.toggle[0].set_value(False).run()
    assert all(fact in _sent(app) for fact in FACTS)
    app.toggle[0].set_value(True).run()
    assert not any(fact in _sent(app) for fact in FACTS)


def test_burned_in_text_is_warned_about_with_and_without_a_header() -> None:
    for stated in (True, False):
        app = _run(stated, True)
        assert "burned into its pixels" in app.warning[0].value
        assert app.expander[0].label == "Header, and text in the picture"
        assert len(app.toggle) == stated


def test_a_file_that_states_nothing_has_no_panel() -> None:
    assert len(_run(False, False).expander) == 0
