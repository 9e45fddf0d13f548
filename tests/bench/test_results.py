"""Tables, JSON, and what figures are published with."""

import json
import os
import re

import pytest

from dlcore.bench import fingerprint, write_json
from dlcore.bench.provenance import described, thread_variables
from dlcore.bench.results import milliseconds
from dlcore.errors import DataError


def test_fingerprint(tmp_path):
    facts = fingerprint(threads=3)
    path = tmp_path / "results.json"
    write_json(path, {"machine": facts, "rows": [(1.5,)]})
    assert json.loads(path.read_text()) == {"machine": facts, "rows": [[1.5]]}
    assert facts["threads"] == 3
    assert {"dlcore", "Python", "NumPy"} <= facts["versions"].keys()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", facts["date"])
    for part in (facts["processor"], "3 threads", facts["date"]):
        assert part in described(facts)


def test_threads_by_default_fit_the_cores():
    facts = fingerprint()
    assert 1 <= facts["threads"] <= facts["cores"] <= os.cpu_count()


def test_thread_variables():
    assert thread_variables(2)["OMP_NUM_THREADS"] == "2"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="folder"):
        write_json(tmp_path / "none" / "results.json", {})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0000123, "0.0123"), (0.00123, "1.23"), (0.0999, "99.9"), (0.1, "100"), (1.2344, "1234")],
)
def test_milliseconds(seconds, text):
    assert milliseconds(seconds) == text
