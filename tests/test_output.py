"""Tables: whole where a program reads them, no wider than the terminal where a person does."""

import pytest

from audiorouter.cli.output import table

HEADER = ["name", "what", "n"]
ROWS = [
    ["loudness", "level of a clip, in LUFS; [bold]quiet[/bold] :warning:", "1"],
    ["変調", "a\nb\tc" + "x" * 70, ""],
]


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """What other programs take for a wish for colours and few columns."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")


def test_what_is_no_terminal_gets_a_line_a_row_and_plain_text():
    assert table(HEADER, ROWS).split("\n") == [
        "name      what" + " " * 58 + "n",
        f"--------  {'-' * 60}  -",
        "loudness  level of a clip, in LUFS; [bold]quiet[/bold] :warning:" + " " * 8 + "1",
        "変調      a b c" + "x" * 54 + "…",
    ]
    assert table(["a"], []) == "a\n-"


def test_on_a_terminal_nothing_is_wider_and_nothing_is_lost(monkeypatch):
    plain = table(HEADER, ROWS)
    monkeypatch.setattr("audiorouter.cli.output.on_terminal", lambda: True)
    shown = table(HEADER, ROWS)
    assert max(map(len, shown.split("\n"))) <= 40 < max(map(len, plain.split("\n")))
    assert "\x1b" not in shown and shown.count("x") == plain.count("x")
