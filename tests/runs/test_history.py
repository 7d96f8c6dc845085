"""Histories as Keras, pandas, spreadsheets and interrupted trainings leave them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from brainscan.errors import TrainingError
from brainscan.runs.csvlog import MAX_BYTES
from brainscan.runs.history import parse_history, read_history

PLAIN = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.2\n1,0.7,0.6,0.65,0.9\n"


def parse(text: str, encoding: str = "utf-8"):
    return parse_history(text.encode(encoding), "log.csv")


def test_a_keras_file_gives_columns_pairs_and_the_best_epoch() -> None:
    history = parse(PLAIN)
    assert history.epoch.tolist() == [0, 1]
    assert history.epoch.dtype == np.int64
    assert history.metrics == ("accuracy", "loss")
    training, validation = history.pair("loss")
    assert training is not None and training.tolist() == [1.0, 0.6]
    assert validation is not None and validation.tolist() == [1.2, 0.9]
    assert history.pair("auc") == (None, None)
    best = history.best()
    assert best is not None
    assert (best.row, best.epoch, best.metric, best.value) == (1, 2, "val_accuracy", 0.65)
    assert history.notes == () and history.restarts == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_byte_order_marks_make_no_difference(
    separator: str, newline: str, encoding: str
) -> None:
    history = parse(PLAIN.replace(",", separator).replace("\n", newline), encoding)
    assert list(history.columns) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.columns["val_loss"].tolist() == [1.2, 0.9]


def test_decimal_commas_of_a_spreadsheet_are_numbers() -> None:
    history = parse("epoch;loss;val_loss\n0;0,5;1,25e-1\n")
    assert history.columns["loss"].tolist() == [0.5]
    assert history.columns["val_loss"].tolist() == [0.125]


def test_missing_and_infinite_values_never_become_the_best() -> None:
    history = parse("epoch,loss,val_loss\n0,nan,NA\n1,inf,-inf\n2,0.5,0.7\n3,,0.9\n")
    assert np.isnan(history.columns["loss"][[0, 3]]).all()
    assert np.isinf(history.columns["loss"][1])
    best = history.best()
    assert best is not None and (best.epoch, best.value) == (3, 0.7)


def test_a_validation_metric_without_any_value_does_not_decide() -> None:
    best = parse("epoch,val_auc,val_loss\n0,nan,3\n1,nan,2\n").best()
    assert best is not None and best.metric == "val_loss"


def test_without_validation_there_is_no_best_epoch() -> None:
    assert parse("epoch,loss\n0,1\n1,0.5\n").best() is None


@pytest.mark.parametrize(
    ("monitor", "epoch"), [("val_score", 2), ("val_loss", 3), (None, 2), ("val_gone", 2)]
)
def test_the_recorded_monitor_decides_when_the_history_has_it(
    monitor: str | None, epoch: int
) -> None:
    history = parse("epoch,val_loss,val_score\n0,3,0.1\n1,2,0.9\n2,1,0.9\n")
    best = history.best(monitor)
    assert best is not None and best.epoch == epoch


def test_a_repeated_header_with_new_columns_is_understood() -> None:
    history = parse("epoch,loss\n0,3\nepoch,learning_rate,loss\n1,0.01,2\n")
    assert history.columns["loss"].tolist() == [3.0, 2.0]
    assert np.isnan(history.columns["learning_rate"][0])
    assert history.columns["learning_rate"][1] == 0.01


def test_a_restart_at_zero_counts_on() -> None:
    history = parse("epoch,loss\n0,3\n1,2\n0,1.5\n1,1\n")
    assert history.epoch.tolist() == [0, 1, 2, 3]
    assert history.restarts == (2,)
    assert "counted on" in history.notes[0]


def test_a_resume_replaces_the_epochs_it_repeats() -> None:
    history = parse("epoch,loss\n0,3\n1,2\n2,1\n1,2.5\n2,1.5\n3,1\n")
    assert history.epoch.tolist() == [0, 1, 2, 3]
    assert history.columns["loss"].tolist() == [3.0, 2.5, 1.5, 1.0]
    assert history.restarts == (1,)
    assert history.notes == ("2 epochs were trained again after a resume; the later one counts.",)


@pytest.mark.parametrize("tail", ["2,0.", "2", "2,0.4,", '2,"0.4', "2,0.4,1e-", "2,0.4,"])
def test_a_line_being_written_is_not_an_error(tail: str) -> None:
    history = parse("epoch,loss,val_loss\n0,1,1\n1,0.5,0.6\n" + tail)
    assert history.epoch.tolist()[:2] == [0, 1]
    assert history.notes == ()


@pytest.mark.parametrize("size", range(len(PLAIN)))
def test_every_prefix_of_a_file_is_read_or_refused_with_a_sentence(size: int) -> None:
    try:
        history = parse(PLAIN[:size])
    except TrainingError as error:
        assert str(error).endswith(".")
    else:
        assert 1 <= len(history) <= 2


def test_a_broken_line_in_the_middle_is_left_out_and_named() -> None:
    history = parse("epoch,loss\n0,1\n1,0.5,7,8\nx,3\n2,0.4\n")
    assert history.epoch.tolist() == [0, 2]
    assert history.notes[0] == "Line 3 has 4 values where the header has 2 and was left out."
    assert 'gives "x" as its epoch' in history.notes[1]


def test_list_metrics_become_one_column_each() -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)  # as keras.callbacks.CSVLogger writes a list-valued metric
    writer.writerow(["epoch", "f1", "loss"])
    writer.writerow([0, '"[0.25, 0.5]"', 1.0])
    history = parse(buffer.getvalue())
    assert history.columns["f1_0"].tolist() == [0.25]
    assert history.columns["f1_1"].tolist() == [0.5]


def test_a_column_of_words_is_a_label_and_a_stray_word_is_noted() -> None:
    history = parse("epoch,loss,stage\n0,1,head\n1,oops,deep\n2,0.5,deep\n")
    assert history.labels == {"stage": ("head", "deep", "deep")}
    assert np.isnan(history.columns["loss"][1])
    assert '"oops"' in history.notes[0]


def test_pandas_index_and_missing_epoch_column_are_numbered() -> None:
    assert parse(",loss\n0,1\n1,0.5\n").epoch.tolist() == [0, 1]
    assert parse("loss,val_loss\n1,2\n0.5,1\n").epoch.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"epoch,loss\n", "no finished epoch"),
        (b"epoch,loss\n0,", "no finished epoch"),
        (b"loss,val_loss\n", "no finished epoch"),
        (b"Dear colleague\n\nThank you, and Anna, for the scans.\n", 'line is "Dear colleague"'),
        (b"Dear colleague", "no training history"),
        (b"Dear colleague\nThank you.\n", 'first line "Dear colleague"'),
        (b"Hello\n1,2\n", r"\(Line 2 has 2 values where the header has 1 and was left out\)"),
        (b"epoch,loss\n0\n1\n", "Line 2 has 1 value where"),
        (b"0,1,2\n1,2,3\n", 'line is "0, 1, 2"'),
        (b"epoch\n0\n", "first line"),
        (b"epoch,loss,loss\n0,1,2\n", "twice"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
        (b"\x89PNG\r\n\0\0", "not a text file"),
        (b"epoch,stage\n0,head\n", "no column of numbers"),
        (b"a" * (MAX_BYTES + 1), "20 MB"),
    ],
)
def test_what_is_not_a_history_is_refused_in_a_sentence(data: bytes, found: str) -> None:
    with pytest.raises(TrainingError, match=found) as caught:
        parse_history(data, "log.csv")
    assert "log.csv" in str(caught.value) and str(caught.value).endswith(".")


def test_a_letter_is_told_what_a_history_needs() -> None:
    with pytest.raises(TrainingError, match="epoch,accuracy,loss,val_accuracy,val_loss") as caught:
        parse_history(b"Dear colleague\n\nThank you, and Anna, for the scans.\n", "letter.txt")
    assert "Wait for the first epoch" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"gone\.csv cannot be read \(No such file"):
        read_history(tmp_path / "gone.csv")


def test_the_clean_table_reads_back_the_same() -> None:
    history = parse("epoch,loss,stage\n0,0.1,head\n1,inf,deep\n0,nan,deep\n")
    again = parse(history.to_csv())
    assert again.epoch.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(again.columns["loss"], history.columns["loss"])
    assert again.labels == history.labels


def test_families_put_validated_and_plain_names_first() -> None:
    history = parse("epoch,tumor_auroc,auc,a_b_auc,lr,val_auc,val_a_b_auc,x\n0,1,1,1,1,1,1,1\n")
    assert history.of_family("auroc") == ("auc", "a_b_auc", "tumor_auroc")
    assert history.of_family("learning_rate") == ("lr",)
    assert history.of_family("other") == ("x",)
