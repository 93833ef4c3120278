"""What is read of an adapter file, and which files are none."""

from pathlib import Path

import pytest

from bench.contenders import adapter_file
from bench.contenders.adapter_file import AdapterFile, BadAdapter


def read(folder, text):
    path = folder / "mine.py"
    path.write_text(text)
    return adapter_file.read(path)


def test_its_words_are_read():
    path = Path(__file__).parents[3] / "scripts" / "bisect_rate" / "adapter.py"
    assert adapter_file.read(path) == AdapterFile("slowpoke", "numpy", "metalbench-slowpoke")


def test_what_is_no_constant_of_the_module_counts_for_nothing(tmp_path):
    told = read(tmp_path, 'NAME = "a"\nPACKAGE = str(1)\ndef f():\n    ENVIRONMENT = "torch"\n')
    assert told == AdapterFile("a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "names no framework"),
        ('NAME = "a b"', "names no framework"),
        ('NAME = "<script>"', "names no framework"),
        ("NAME = (", "not valid Python"),
        ("NAME = " + "-" * 100_000 + "1", "nested too deeply"),
        ("#" * (2**20 + 1), "is no file of at most"),
        ("\0", "not valid Python"),
    ],
)
def test_a_file_that_is_no_adapter_is_refused(tmp_path, text, message):
    with pytest.raises(BadAdapter, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadAdapter, match="cannot read adapter"):
        adapter_file.read(tmp_path / "absent.py")
    with pytest.raises(BadAdapter, match="is no file"):
        adapter_file.read(tmp_path)
