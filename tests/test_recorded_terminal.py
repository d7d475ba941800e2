"""What benchmarks/terminal.py records of a command is what a person would have seen, and when."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from terminal import Screen, record


def test_lines_are_those_that_were_seen(tmp_path):
    recording = record("printf 'one\\ntwo\\n'; exit 3", folder=tmp_path, environment=os.environ)
    assert [line.text for line in recording.lines] == ["one", "two"]
    assert all(line.stays for line in recording.lines)
    assert recording.code == 3


def test_a_bar_that_is_replaced_is_told_from_what_stays(tmp_path):
    bar = "printf '10%%\\r'; sleep 0.2; printf '\\033[2K20%%\\n'"
    recording = record(bar, folder=tmp_path, environment=os.environ)
    assert [(line.text, line.stays) for line in recording.lines] == [("10%", False), ("20%", True)]
    assert recording.lines[1].at - recording.lines[0].at == pytest.approx(0.2, abs=0.15)


def test_silence_is_told_with_the_line_before_it(tmp_path):
    recording = record(
        "echo loading; sleep 0.4; echo done", folder=tmp_path, environment=os.environ
    )
    (gap,) = recording.silent(0.3)
    assert gap.after == "loading"
    assert gap.seconds == pytest.approx(0.4, abs=0.25)
    assert sum(gap.seconds for gap in recording.gaps) == pytest.approx(recording.seconds)


def test_a_command_sees_a_terminal_of_100_columns(tmp_path):
    sees = "test -t 1 && test -t 2 && stty size"
    recording = record(sees, folder=tmp_path, environment=os.environ)
    assert [line.text for line in recording.lines] == ["40 100"]


def test_what_is_above_may_be_written_anew():
    screen = Screen()
    screen.write("first\r\nsecond\x1b[1A\r\x1b[2K1st\n\rlast")
    assert screen.lines == ["1st", "lastnd"]
