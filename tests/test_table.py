"""Tables: fitted to the terminal where a person sees them, plain lines where a program does."""

import io
import os
import re

import pytest

from audiorouter.cli.answer_lines import AnswerLine, table_of_answers
from audiorouter.cli.output import print_records, print_report
from audiorouter.cli.table import (
    Column,
    Kind,
    Screen,
    Table,
    aligned,
    fitted,
    in_step,
    tabbed,
    wrapped,
)

WIDTHS = (60, 80, 100, 200)
LONG = "What is heard in this recording, which was made in a large room with several people in it?"
ANSWERS = table_of_answers(
    [
        AnswerLine(("1", "claps.flac", LONG), "applause", True, "applause", "sound_tags, scene"),
        AnswerLine(("20", "変調.flac", "[bold]Which[/bold] :warning:?"), "b\nc\td", False, "e", ""),
        AnswerLine(("3", "gone.flac", "What?"), "(there is no clip)", None, "", ""),
    ]
)
NUMBERS = Table(
    [Column("strategy", Kind.NAME), *(Column(f"measure {n}", Kind.NUMBER) for n in range(9))],
    [[name, *(f"{n}.0%" for n in range(9))] for name in ("none", "nearest by examples")],
)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def wishes(monkeypatch):
    """What other programs take for a wish for colours and few columns."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def plain(shown: str) -> str:
    """What is left without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def width_of(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)


@pytest.mark.parametrize("width", [*WIDTHS, 30])
@pytest.mark.parametrize("table", [ANSWERS, NUMBERS], ids=["answers", "numbers"])
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(table, width):
    shown = plain(fitted(table, Screen(width, colours=True)))
    assert max(map(width_of, shown.split("\n"))) <= width
    words = [word for row in table.rows for text in row for word in text.split()]
    assert not [word for word in words if word not in shown and width_of(word) <= 16]
    assert [row[0] for row in table.rows if row[0] not in shown] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_colours_only_repeat_what_words_say(width):
    coloured = fitted(ANSWERS, Screen(width, colours=True))
    assert plain(coloured) == fitted(ANSWERS, Screen(width, colours=False))
    assert "\x1b[31mwrong" in coloured and "\x1b[32mright" in coloured


def test_where_there_is_little_room_rows_stand_below_their_names():
    lines = fitted(ANSWERS, Screen(60, colours=False)).split("\n")
    assert lines[:2] == ["1", "  clip          claps.flac"]
    assert next(line for line in lines if "recording" in line).startswith("  question  ")
    assert "  right answer  e" in lines and lines.count("20") == 1


def test_numbers_are_continued_with_their_names():
    shown = fitted(NUMBERS, Screen(80, colours=False)).split("\n")
    heads = [line for line in shown if line.startswith("strategy")]
    assert len(heads) == 2 and re.findall(r"\d", " ".join(heads)) == list("012345678")
    assert sum(line.startswith("nearest by examples  ") for line in shown) == 2


def test_the_right_answer_stands_beside_a_wrong_one_and_only_there():
    header, _, first, second, third = fitted(ANSWERS, Screen(200, colours=False)).split("\n")
    at = header.index("right answer")
    assert second[at - 2 :].split()[0] == "e" and "wrong" in second
    assert first[at : at + 12].strip() == third[at : at + 12].strip() == ""
    all_right = [AnswerLine(("1", "a.wav", "What?"), "x", True, "x", "")]
    assert "right answer" not in [column.title for column in table_of_answers(all_right).columns]


def test_elsewhere_a_report_has_a_line_a_row_and_no_column_is_empty():
    header, rule, *rows = aligned(ANSWERS).split("\n")
    columns = re.split(r"\s{2,}", header)
    assert columns == ["id", "clip", "question", "answer", "result", "right answer", "tools"]
    assert set(rule) == {"-", " "}
    assert [len(re.split(r"\s{2,}", row)) for row in rows] == [7, 7, 7]
    assert "[bold]Which[/bold] :warning:?" in rows[1] and "b c d" in rows[1]
    assert aligned(Table([Column("a")], [])) == "a\n-"


def test_elsewhere_a_list_has_whole_texts_with_tabs_between():
    long = "x" * 500
    table = Table([Column("name", Kind.NAME), Column("what")], [["a\tb", long], ["", "c\nd"]])
    assert tabbed(table).split("\n") == ["name\twhat", f"a b\t{long}", "\tc d"]


@pytest.mark.parametrize(
    "variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM"]
)
def test_a_terminal_may_forbid_colours(monkeypatch, variables):
    shown = Terminal()
    print_report([ANSWERS], to=shown)
    assert "\x1b[" in shown.getvalue()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    print_report([ANSWERS], to=(forbidden := Terminal()))
    assert forbidden.getvalue() == plain(shown.getvalue())


def test_each_stream_is_looked_at_by_itself(capsys):
    sentences = "six words of a long sentence\n  and six more that are further in"
    print_report([sentences, NUMBERS], to=(shown := Terminal()))
    assert max(map(width_of, plain(shown.getvalue()).split("\n"))) <= 40
    print_report([sentences, NUMBERS])
    assert capsys.readouterr().out == f"{sentences}\n{aligned(NUMBERS)}\n"
    records = [{"n": 1, "name": "a", "hidden": 2}, {"name": "b"}]
    print_records(records, [Column("name"), Column("n", Kind.NUMBER)], as_json=False)
    assert capsys.readouterr().out == "name\tn\na\t1\nb\t-\n"


def test_sentences_are_broken_between_words():
    text = "  rows with errors: " + "word " * 20 + "/a/path-that/is-longer/" + "x" * 60
    lines = wrapped(text, Screen(40, colours=False)).split("\n")
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert {len(line) - len(line.lstrip()) for line in lines} == {2, 4}
    assert [len(line) > 40 for line in lines] == [False] * (len(lines) - 1) + [True]


def test_what_stands_behind_a_name_and_a_gap_goes_on_below_itself():
    narrow = Screen(20, colours=False)
    assert wrapped("  ok    ready for a batch", narrow) == "  ok    ready for a\n        batch"
    too_far = wrapped("  a_long_name    one two three", narrow).split("\n")
    assert [line.split() for line in too_far] == [["a_long_name", "one"], ["two", "three"]]
    assert wrapped("\n  ", narrow) == "\n"


def test_how_wide_a_terminal_is(monkeypatch):
    import pty

    from audiorouter.cli.table import screen_of

    monkeypatch.delenv("COLUMNS")
    import fcntl
    import struct
    import termios

    parent, child = pty.openpty()
    try:
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 77, 0, 0))
        with open(child, "w", closefd=False) as stream:
            assert screen_of(stream) == Screen(77, colours=True)
    finally:
        os.close(parent)
        os.close(child)
    assert screen_of(Terminal()) == Screen(80, colours=True)
    assert screen_of(io.StringIO()) is None


def columns_of(shown: str) -> list[list[str]]:
    """The titles of each part that a table is continued in."""
    return [re.split(r" {2,}", part.split("\n")[0]) for part in shown.split("\n\n")]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_table_is_continued_in_even_parts(width):
    parts = columns_of(fitted(NUMBERS, Screen(width, colours=False)))
    counts = [len(part) for part in parts]
    assert sum(counts) - len(parts) == 9 and max(counts) - min(counts) <= 1
    greedy = (width - len("nearest by examples")) // (len("measure 0") + 2)
    assert len(parts) == -(-9 // greedy)


def test_tables_in_step_are_broken_at_the_same_columns_and_as_wide():
    first, *others = NUMBERS.columns
    longer = Table(
        [first._replace(title="what"), *others],
        [["something with a name that is long", *["1,234,567 … 7,654,321"] * 2, *["0"] * 7]],
    )
    assert (
        columns_of(fitted(longer, Screen(80, colours=False)))[0][1:]
        != (columns_of(fitted(NUMBERS, Screen(80, colours=False)))[0][1:])
    )
    shown = [fitted(table, Screen(80, colours=False)) for table in in_step([NUMBERS, longer])]
    broken, other = map(columns_of, shown)
    assert [part[1:] for part in broken] == [part[1:] for part in other]
    rules = [[line for line in text.split("\n") if line.startswith("--")] for text in shown]
    assert rules[0] == rules[1]
