"""From files to answers without a browser: intake, memory, refusal, one question a scan."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.imaging.correction import encode_mask
from brainscan.imaging.overlay import MARGIN
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.mask_exports import SLICE_KINDS, slice_file
from brainscan.ui import exporting, reading_room, scanlist
from brainscan.ui.models import Reader
from brainscan.ui.outlines import outline_of
from brainscan.ui.store import Stores
from brainscan.ui.worklist import Worklist, summary
from tests.imaging import patient
from tests.pages.fake_model import FakeClassifier

VIEW = {
    "source": "evidence",
    "window": [256.0, 128.0],
    "preset": None,
    "opacity": 0.5,
    "threshold": 0.2,
    "colormap": "viridis",
    "invert": False,
}


class CountingClassifier(FakeClassifier):
    """Counts the questions to the network."""

    runs = 0

    def predict(self, scan: Scan, *, gate: bool = True) -> Prediction:
        self.runs += 1
        return super().predict(scan, gate=gate)


@pytest.fixture
def reader() -> Reader:
    release = Release(Path("nowhere"), {"name": "fake", "version": "1"})
    return Reader("fake 1 abc", "Fake 1", release, CountingClassifier("fake"))  # type: ignore[arg-type]


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def listed(stores: Stores) -> Worklist:
    filled = Worklist()
    files = [*reading_room.sample_files(), ("notes.jpg", b"just some text, no picture at all")]
    reading_room.add_files(filled, stores, files)
    return filled


def _read_all(listed: Worklist, stores: Stores, reader: Reader) -> None:
    list(reading_room.read_some(listed, stores, reader, budget_s=60))


def test_every_file_gets_an_answer_or_a_sentence(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    _read_all(listed, stores, reader)
    *good, bad = listed.rows.values()
    assert [row.status for row in good] == ["ok"] * 5
    assert all(row.thumbnail.startswith("data:image/webp;base64,") for row in good)
    assert good[0].facts["Size"] == "256 × 256 pixels"
    assert bad.status == "rejected" and bad.reason.startswith("notes.jpg contains text")
    assert listed.waiting(reader.key) == []


def test_network_is_asked_once_for_a_scan(listed: Worklist, stores: Stores, reader: Reader) -> None:
    _read_all(listed, stores, reader)
    row = next(iter(listed.rows.values()))
    for _ in range(3):
        reading_room.prediction_of(row, listed.session, stores, reader)
        reading_room.maps_of(row, listed.session, stores, reader)
    assert reader.classifier.runs == 5  # type: ignore[attr-defined]


def test_memory_of_answers_counts_their_outlines(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    _read_all(listed, stores, reader)
    kept = 5 * 256 * 256 * 7  # probability and three masks of each slice
    assert kept < stores.predictions.used < 2 * kept


def test_time_budget_is_kept_after_one_scan(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    assert len(list(reading_room.read_some(listed, stores, reader, budget_s=0))) == 1
    assert len(listed.waiting(reader.key)) == 5


def test_scan_is_decoded_again_when_it_left_memory(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    row = next(iter(listed.rows.values()))
    first = reading_room.scan_of(row, listed.session, stores)
    stores.scans.discard(row.sha256)
    assert np.array_equal(reading_room.scan_of(row, listed.session, stores).pixels, first.pixels)
    stores.scans.discard(row.sha256)
    stores.files.discard((listed.session, row.sha256))
    with pytest.raises(InputRejected, match=r"left memory.*add it again"):
        reading_room.scan_of(row, listed.session, stores)


def test_sessions_do_not_read_each_others_files(listed: Worklist, stores: Stores) -> None:
    row = next(iter(listed.rows.values()))
    with pytest.raises(InputRejected):
        reading_room.scan_of(row, "another session", stores)


def test_forgetting_empties_list_and_memory(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    _read_all(listed, stores, reader)
    for row in list(listed.rows.values())[:5]:
        reading_room.maps_of(row, listed.session, stores, reader)
    reading_room.forget(listed, stores, listed.rows.values())
    assert listed.rows == {}
    sizes = [len(kept) for kept in (stores.files, stores.scans, stores.predictions, stores.maps)]
    assert sizes == [0, 0, 0, 0]


def test_same_file_is_counted_as_known(listed: Worklist, stores: Stores) -> None:
    assert reading_room.add_files(listed, stores, reading_room.sample_files()) == 5


def test_results_carry_notice_and_no_formula(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    reading_room.add_files(listed, stores, [("=HYPERLINK(1).png", b"")])
    _read_all(listed, stores, reader)
    rows = listed.ordered(reader.key)
    table = list(csv.DictReader(io.StringIO(exporting.results_csv(rows, reader.key))))
    assert len(table) == 7
    assert {line["notice"] for line in table} == {RESEARCH_USE}
    assert table[6]["file"] == "'=HYPERLINK(1).png" and table[6]["status"] == "rejected"
    assert float(table[0]["tumor_probability"]) == pytest.approx(
        rows[0].answers[reader.key]["tumor_probability"], abs=1e-5
    )
    document = json.loads(exporting.results_json(rows, reader.key))
    assert document["notice"] == RESEARCH_USE
    assert document["results"][0]["decision"] == table[0]["decision"]
    assert document["results"][5]["reason"] == rows[5].reason


def test_saved_view_is_a_picture_larger_than_the_slice(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    row = next(iter(listed.rows.values()))
    scan = reading_room.scan_of(row, listed.session, stores)
    prediction = reading_room.prediction_of(row, listed.session, stores, reader)
    with_map = exporting.view_png(scan, prediction, VIEW)
    plain = exporting.view_png(scan, prediction, VIEW | {"source": None})
    assert cv2.imdecode(np.frombuffer(with_map, np.uint8), 1).shape[0] > 256
    assert with_map != plain
    assert exporting.view_name(row) == "synthetic-1-glioma-brainscan.png"


def test_the_table_names_no_type_where_the_page_names_none(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    _read_all(listed, stores, reader)
    rows = listed.ordered(reader.key)
    rows[2].answers[reader.key] |= {"types_learned": False, "warnings": ["One.", "Two."]}
    lines = list(csv.DictReader(io.StringIO(exporting.results_csv(rows, reader.key))))
    assert (lines[2]["type"], lines[2]["type_set"], lines[2]["types_learned"]) == ("", "", "false")
    assert lines[2]["warnings"] == "One. Two."
    assert lines[1]["type"] and lines[1]["type_set"] and lines[1]["types_learned"] == "true"


def test_saved_view_and_results_follow_the_outline(
    listed: Worklist, stores: Stores, reader: Reader
) -> None:
    _read_all(listed, stores, reader)
    rows = listed.ordered(reader.key)
    drawn = rows[2]  # the meningioma: called a tumor, and outlined
    figures = drawn.outlines[reader.key]
    assert drawn.answers[reader.key]["decision"] == "tumor" and figures is not None
    lines = list(csv.DictReader(io.StringIO(exporting.results_csv(rows, reader.key))))
    assert float(lines[2]["outline_area"]) == figures["area"] > 0
    assert (lines[2]["outline_by"], lines[2]["outline_area_unit"]) == ("model", "px2")
    assert lines[0]["outline_area"] == ""  # called tumor-free

    scan = reading_room.scan_of(drawn, listed.session, stores)
    prediction = reading_room.prediction_of(drawn, listed.session, stores, reader)
    outline = outline_of(scan, prediction)
    view = VIEW | {"outline": True, "band": True, "fill": 0.2}
    pictures = [
        exporting.view_png(scan, prediction, view, outline),
        exporting.view_png(scan, prediction, view | {"band": False}, outline),
        exporting.view_png(scan, prediction, view | {"outline": False}, outline),
    ]
    assert len(set(pictures)) == 3
    assert pictures[2] == exporting.view_png(scan, prediction, VIEW)

    sent = {"id": "1", "scan": rows[0].sha256, "author": "=A. Reader"}
    mask = np.zeros((256, 256), bool)
    mask[100:110, 100:120] = True
    receipt = reading_room.keep_outline(
        listed, stores, sent | {"mask": encode_mask(mask)}, reader.key
    )
    assert receipt.problem == ""
    line = next(csv.DictReader(io.StringIO(exporting.results_csv(rows, reader.key))))
    assert (line["outline_by"], line["outline_area"]) == ("person", "200")
    assert line["outline_corrected_by"] == "'=A. Reader"  # no formula
    document = json.loads(exporting.results_json(rows, reader.key))
    measured = document["results"][0]["outline_measures"]
    assert (measured["corrected_by"], measured["area"]) == ("=A. Reader", 200.0)
    assert measured["corrected_at"] == rows[0].correction.when  # type: ignore[union-attr]
    caption = exporting.mask_caption(rows[0], reader.key)
    assert "Corrected by =A. Reader" in caption
    assert caption.endswith("as long as this page stays open: take it away as a file.")
    for kind in SLICE_KINDS:
        file = slice_file(kind, scan, prediction)
        assert exporting.mask_file(drawn.name, kind) == (file.name, file.mime)
    reading_room.forget(listed, stores, [rows[0]])
    assert rows[0].sha256 not in listed.rows


def test_saved_view_shows_the_window_function_that_was_on_screen(stores: Stores) -> None:
    dataset = patient.header(WindowCenter="500", WindowWidth="400", VOILUTFunction="SIGMOID")
    pixels = np.arange(640 * 640, dtype=np.uint16).reshape(640, 640) % 1000
    listed = Worklist()
    data = patient.to_bytes(patient.with_pixels(dataset, pixels))
    reading_room.add_files(listed, stores, [("IM0001", data)])
    (row,) = listed.rows.values()
    scan = reading_room.scan_of(row, listed.session, stores)
    for view, voi in (
        ({"window": [400.0, 500.0], "preset": 0}, scan.windows[0]),
        ({"window": [100.0, 300.0], "preset": 0}, scan.windows[0].moved(100.0, 300.0)),
    ):
        png = exporting.view_png(scan, None, VIEW | view)
        shown = cv2.imdecode(np.frombuffer(png, np.uint8), 0)[MARGIN:, MARGIN:][:640, :640]
        np.testing.assert_array_equal(shown, np.rint(voi.apply(scan.pixels) * 255))
    straight = exporting.view_png(scan, None, VIEW | {"window": [400.0, 500.0]})
    assert straight != exporting.view_png(
        scan, None, VIEW | {"window": [400.0, 500.0], "preset": 0}
    )


def test_refused_picture_stays_and_can_be_read_anyway(stores: Stores, reader: Reader) -> None:
    listed = Worklist()
    _, data = reading_room.sample_files()[0]
    reading_room.add_files(listed, stores, [("not-brain.png", data)])
    _read_all(listed, stores, reader)
    (row,) = listed.rows.values()
    status, reason = row.outcome(reader.key)
    assert status == "rejected" and "looks like an X-ray or CT" in reason
    assert row.thumbnail and row.facts
    assert listed.waiting(reader.key) == []
    assert summary([row], reader.key) == "1 not read"
    (line,) = json.loads(exporting.results_json([row], reader.key))["results"]
    assert (line["status"], line["reason"]) == ("rejected", reason)
    assert "tumor_probability" not in line

    reading_room.read_anyway(row)
    assert listed.waiting(reader.key) == [row]
    _read_all(listed, stores, reader)
    assert row.outcome(reader.key) == ("ok", "")
    shown = scanlist.item(row, reader.key)  # never as one of the decisions
    assert (shown["kind"], shown["words"]) == ("rejected", "Refused")
    assert "gate refused it" in row.answers[reader.key]["warnings"][0]
    (line,) = json.loads(exporting.results_json([row], reader.key))["results"]
    assert (line["status"], line["refusal"]) == ("ok", reason)
    (cells,) = csv.DictReader(io.StringIO(exporting.results_csv([row], reader.key)))
    assert cells["refusal"] == reason


def test_an_answer_given_to_one_reader_is_still_refused_to_another(
    stores: Stores, reader: Reader
) -> None:
    files = [("not-brain.png", reading_room.sample_files()[0][1])]
    first, second = Worklist(), Worklist()
    for listed in (first, second):
        reading_room.add_files(listed, stores, files)
    reading_room.read_anyway(next(iter(first.rows.values())))
    for listed in (first, second):
        _read_all(listed, stores, reader)
    assert next(iter(first.rows.values())).answers
    assert not next(iter(second.rows.values())).answers
