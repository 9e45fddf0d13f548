"""CSV tables: what is read, what is refused by row and column, and how rows become arrays."""

import json

import numpy as np
import pytest

from dlcore.data.cells import read_table
from dlcore.data.table import Columns
from dlcore.errors import DataError, OptionError

TEXT = """age,colour,price
1,red,10
3,blue,30
5,red,20
9,green,0
"""
TRAINING = np.arange(3)


def table(tmp_path, text=TEXT, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_marks_and_line_ends(tmp_path, delimiter, mark, end):
    rows = [["a", '"b ,;|"', "c"], ["1", " x ", '"2 ""quoted"""'], ["-1e3", '"y,;\n"', "z"]]
    read = table(tmp_path, mark + end.join(delimiter.join(row) for row in rows) + end)
    assert read.cells == {"a": ["1", "-1e3"], "b ,;|": ["x", "y,;"], "c": ['2 "quoted"', "z"]}
    assert read.numbers["a"].tolist() == [1, -1000]
    assert np.isnan(read.numbers["c"]).all()
    assert len(read) == 2


def test_delimiters_within_quotes_do_not_count(tmp_path):
    assert list(table(tmp_path, '"a, b, c";d\n1;2\n').cells) == ["a, b, c", "d"]


def test_one_column_blank_rows_and_no_last_line_end(tmp_path):
    assert table(tmp_path, "a\n1\n2\n\n  \n").cells == {"a": ["1", "2"]}
    assert table(tmp_path, "a,b\n1,2\n,\n").cells == {"a": ["1"], "b": ["2"]}
    assert table(tmp_path, "a\n1").cells == {"a": ["1"]}


def test_underscores_make_no_numbers(tmp_path):
    assert np.isnan(table(tmp_path, "a\n1_000\n").numbers["a"]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a header with the columns' names, and rows, received 0 rows"),
        ("a,b\n", "and rows, received 1 rows"),
        ("a,b\n1,2\n3\n", "2 cells in each row, as in the header, received 1 in row 3"),
        ("a,b\n1,2,3\n", "received 3 in row 2"),
        ("a,b\n\n1,2\n", "received 0 in row 2"),
        ("a,b,a\n1,2,3\n", "each column's name once in row 1, received 'a' twice"),
        ("a,,b\n1,2,3\n", "a name for each column in row 1, received none for column 2"),
        ("a,b\n1,2\n3,\n", "received '' in row 3, column 'b'"),
        ("a,b\n1,x\n3, \n", "received '' in row 3, column 'b'"),
        ("a,b\n1,NaN\n", "received 'NaN' in row 2, column 'b'"),
        ("a,b\n1,-Infinity\n", "received '-Infinity' in row 2, column 'b'"),
        ("a,b\n1,x\n3,inf\n", "received 'inf' in row 3, column 'b'"),
        ("a,b\n1,1e999\n", "received '1e999' in row 2, column 'b'"),
        ("a,b\n1,1e39\n", "no number beyond fp32, received '1e39' in row 2, column 'b'"),
        ('a,b\n1,"x\n', "a CSV file, received unexpected end of data in line 2"),
        ('a,b\n1,"x"y\n', "in line 2"),
        (b"a,b\n1,\xff\n", "text in UTF-8, received byte 0xff in line 2"),
        (b"PK\x03\x04\0\0", "a CSV file, which is text, received binary data"),
        ("a\n" + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_what_is_no_table(tmp_path, text, message):
    with pytest.raises(DataError, match=rf"table\.csv: expected .*{message}") as raised:
        table(tmp_path, text)
    assert len(str(raised.value)) < 500


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv.*No such file"):
        read_table(tmp_path / "none.csv")


def test_regression_by_hand(tmp_path):
    """Mean and deviation of the training rows: age 3 and sqrt(8/3), price 20 and sqrt(200/3)."""
    read = table(tmp_path)
    columns = Columns.fit(read, "price", TRAINING)
    assert columns.task == "regression"
    assert columns.classes == ()
    assert columns.feature_names == ("age", "colour=blue", "colour=red")
    inputs, targets = columns.inputs(read), columns.targets(read)
    assert (inputs.dtype, targets.dtype) == (np.float32, np.float32)
    deviation = np.sqrt(8 / 3)
    expected = [[-2 / deviation, 0, 1], [0, 1, 0], [2 / deviation, 0, 1], [6 / deviation, 0, 0]]
    np.testing.assert_allclose(inputs, expected, rtol=1e-6)
    assert columns.target_scale == pytest.approx(np.sqrt(200 / 3))
    np.testing.assert_allclose(targets, np.array([[-10], [10], [0], [-20]]) / columns.target_scale)
    np.testing.assert_allclose(columns.unscale(targets), [[10], [30], [20], [0]], atol=1e-5)


def test_classes(tmp_path):
    read = table(tmp_path)
    columns = Columns.fit(read, "colour", np.arange(4))
    assert columns.task == "classification"
    assert columns.classes == ("blue", "green", "red")
    assert columns.targets(read).tolist() == [2, 0, 2, 1]
    assert columns.targets(read).dtype == np.int64
    assert columns.feature_names == ("age", "price")
    assert columns.target_scale == 1
    with pytest.raises(OptionError, match="look the class up"):
        columns.unscale(np.zeros(3))
    with pytest.raises(DataError, match=r"known class: 'blue', 'red', received 'green' in row 5"):
        Columns.fit(read, "colour", TRAINING).targets(read)


def test_the_task_may_be_said(tmp_path):
    read = table(tmp_path, "x,y\n1,10\n2,9\n3,10\n")
    columns = Columns.fit(read, "y", TRAINING, "classification")
    assert columns.classes == ("9", "10")
    assert columns.targets(read).tolist() == [1, 0, 1]
    assert Columns.fit(read, "y", TRAINING).task == "regression"
    with pytest.raises(DataError, match=r"a number, as the task is regression, received 'red'"):
        Columns.fit(table(tmp_path), "colour", TRAINING, "regression")
    with pytest.raises(OptionError, match="classification, regression"):
        Columns.fit(read, "y", TRAINING, "clustering")
    with pytest.raises(DataError, match=r"written in one way, received 1 and 1\.0"):
        Columns.fit(table(tmp_path, "x,y\n1,1\n2,1.0\n"), "y", np.arange(2), "classification")


@pytest.mark.parametrize("value", ["0.1", "7", "1e-300"])
def test_equal_numbers_become_zero(tmp_path, value):
    read = table(tmp_path, "x,y\n" + f"{value},1\n" * 7)
    columns = Columns.fit(read, "x", np.arange(7))
    assert columns.target_scale == 1
    np.testing.assert_allclose(columns.targets(read), 0, atol=1e-7)


def test_json_keeps_every_bit(tmp_path):
    read = table(tmp_path, TEXT.replace("3,", "0.1,"))
    for target in ("price", "colour"):
        columns = Columns.fit(read, target, TRAINING)
        assert Columns.from_json(json.loads(json.dumps(columns.to_json()))) == columns


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"format": 2},
        {"format": 1, "features": 3},
        {"format": 1, "features": [{"name": "a"}]},
        7,
    ],
)
def test_json_of_another_kind(content):
    with pytest.raises(DataError, match="description of a table's columns, format 1"):
        Columns.from_json(content)


def test_tables_to_predict(tmp_path):
    columns = Columns.fit(table(tmp_path), "price", TRAINING)
    read = table(tmp_path, "colour,more,age\nblue,x,3\n", "new.csv")
    np.testing.assert_array_equal(columns.inputs(read), [[0, 1, 0]])
    with pytest.raises(DataError, match=r"new\.csv: expected the column 'price'"):
        columns.targets(read)
    with pytest.raises(DataError, match=r"the columns 'age', 'colour', received the columns 'b'"):
        columns.inputs(table(tmp_path, "b\n1\n"))
    with pytest.raises(
        DataError, match=r"expected a number, .*received 'old' in row 3, column 'age'"
    ):
        columns.inputs(table(tmp_path, "age,colour\n1,red\nold,red\n"))


def test_numbers_too_far_away(tmp_path):
    columns = Columns.fit(table(tmp_path, "x,y\n0,1\n1e-30,2\n"), "y", np.arange(2))
    with pytest.raises(DataError, match=r"not too far .*received '1e30' in row 2, column 'x'"):
        columns.inputs(table(tmp_path, "x\n1e30\n"))


def test_what_cannot_be_fitted(tmp_path):
    read = table(tmp_path)
    alone = table(tmp_path, "a\n1\n2\n")
    names = table(tmp_path, "a,b\n" + "".join(f"n{i},1\n" for i in range(1001)))
    for arguments, message in [
        ((read, "weight", TRAINING), r"the column 'weight', received the columns 'age', 'colour'"),
        ((read, "price", TRAINING[:0]), "received 2 columns and 0 rows"),
        ((alone, "a", TRAINING[:2]), "received 0 columns"),
        ((read, "colour", TRAINING[::2]), "two or more classes in .*'colour', received only red"),
        (
            (names, "b", np.arange(1001)),
            "at most 1000 different words in column 'a', received 1001",
        ),
    ]:
        with pytest.raises(DataError, match=message):
            Columns.fit(*arguments)


def test_test_rows_change_nothing(tmp_path):
    fitted = Columns.fit(table(tmp_path), "price", TRAINING)
    changed = table(tmp_path, TEXT.replace("9,green,0", "old,grey,77"))
    assert Columns.fit(changed, "price", TRAINING) == fitted
