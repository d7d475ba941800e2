"""Questions files in the forms that people have: read right, or refused by file and line."""

import bz2
import csv
import gzip
import io
import json
import lzma

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files import Record, read_records

ROWS = [
    {"audio": "a.wav", "question": "Which\u2028one, and \x85where?", "choices": "dog|cat"},
    {"audio": "b.wav", "question": 'She said "no"; why?', "choices": "x|y"},
]
LINES = [json.dumps(row, ensure_ascii=False) for row in ROWS]


@pytest.fixture
def read(tmp_path):
    def records(name: str, content: str | bytes, **options) -> list[Record]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_records(path, **options)

    return records


def table(rows: list[dict], delimiter: str = ",", end: str = "\n", **options) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, **options)
    writer.writerows([list(rows[0]), *(row.values() for row in rows)])
    return stream.getvalue()


def columns(rows: list[dict]) -> dict[str, list]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def fields(records: list[Record]) -> list[dict]:
    assert not any(record.error or record.replaced for record in records)
    return [dict(record.fields) for record in records]


def rest(row: dict) -> dict:
    return {name: value for name, value in row.items() if name != "audio"}


JSON_FORMS = {
    "a list": json.dumps(ROWS, indent=2),
    "a list on one line": json.dumps(ROWS),
    "a row a line": "\n".join(LINES),
    "a row a line with commas after them": ",\n".join(LINES) + ",\n",
    "a row a line, in one file of old Macs": "\r".join(LINES),
    "rows over several lines, without a list": "\n".join(json.dumps(r, indent=1) for r in ROWS),
    "a list in an object": json.dumps({"version": 2, "mybench": ROWS}, indent=1),
    "a list beside others": json.dumps({"people": [{"name": "x"}], "questions": ROWS}),
    "a row a line in a list in an object": '{"data": [\n' + ",\n".join(LINES) + "\n]}",
    "columns": json.dumps(columns(ROWS)),
    "pandas' columns": json.dumps(
        {name: {str(i): v for i, v in enumerate(of)} for name, of in columns(ROWS).items()}
    ),
    "pandas' split": json.dumps(
        {"columns": [*ROWS[0]], "index": [0, 1], "data": [[*row.values()] for row in ROWS]}
    ),
    "a list in an object in an object": json.dumps({"data": {"version": 2, "questions": ROWS}}),
    "rows by their clips": json.dumps({row["audio"]: rest(row) for row in ROWS}),
    "lists of rows by their clips": json.dumps({row["audio"]: [rest(row)] for row in ROWS}),
    "the Hub's viewer": json.dumps(
        {
            "features": [{"name": "audio"}],
            "rows": [{"row_idx": 7, "row": row, "truncated_cells": []} for row in ROWS],
        }
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ndjson", ".JSON"])
@pytest.mark.parametrize("content", JSON_FORMS.values(), ids=JSON_FORMS)
def test_json_is_read_by_what_stands_in_it(read, content, suffix):
    assert fields(read(f"q{suffix}", content)) == ROWS


@pytest.mark.parametrize("pack", [gzip, bz2, lzma])
def test_packed_files_whatever_they_are_called(read, pack):
    ending = {gzip: ".gz", bz2: ".bz2", lzma: ".xz"}[pack]
    for name in (f"q.json{ending}", "q.json"):
        assert fields(read(name, pack.compress(json.dumps(ROWS).encode()))) == ROWS


def test_a_column_without_a_name_is_kept_where_it_holds_anything(read):
    (record,) = read("q.csv", ",audio,question,\n7,a.wav,Q?,\n")
    assert record.fields == {"column 1": "7", "audio": "a.wav", "question": "Q?"}


def test_a_name_that_is_there_twice_with_one_value_is_no_matter(read):
    once, twice = (
        '{"audio": "a", "question": "Q?"}',
        '{"audio": "a", "question": "Q?", "audio": "a"}',
    )
    assert len(fields(read("q.jsonl", f"{once}\n{twice}"))) == 2


def test_objects_by_id_bring_their_ids(read):
    content = json.dumps({"x7": ROWS[0], "x8": {"id": "own", **ROWS[1]}}, indent=1)
    found = read("q.json", content)
    assert fields(found) == [{"id": "x7", **ROWS[0]}, {"id": "own", **ROWS[1]}]
    assert [record.line for record in found] == [2, 7]


def test_one_question_with_lists_in_it_is_one_question(read):
    row = {"question": "Which?", "choices": [{"id": "A", "text": "x"}], "notes": [{"by": "me"}]}
    assert fields(read("q.json", json.dumps(row))) == [row]
    clips = {"question": "Which?", "answer": "x", "id": "q", "clips": [{"audio": "a"}]}
    asked = {"question": "Which?", "answer": "x", "id": "q", "audio": "a"}
    assert fields(read("q.json", json.dumps(clips))) == [asked]


def test_what_is_said_once_for_all_questions_holds_for_each(read):
    asked = [{"question": "Q1?"}, {"question": "Q2?", "audio": "b.wav", "choices": ["x", "y"]}]
    around = {"audio": "a.wav", "choices": ["yes", "no"], "version": "1", "questions": asked}
    first, second = fields(read("q.json", json.dumps(around)))
    assert first == {"audio": "a.wav", "choices": ["yes", "no"], "question": "Q1?"}
    assert second == {"question": "Q2?", "audio": "b.wav", "choices": ["x", "y"]}
    told = {"instruction": "Listen and answer.", "data": ROWS}
    assert fields(read("q.json", json.dumps(told))) == ROWS
    preview = {"preview": "a.wav", "data": asked}
    assert "preview" not in fields(read("q.json", json.dumps(preview)))[0]
    one = {"question": "Q?", "answer": "x", "examples": [{"question": "R?", "answer": "y"}]}
    assert fields(read("q.json", json.dumps(one))) == [one]
    prompts = {"prompts": [{"prompt": "Listen."}], "questions": ROWS}
    assert fields(read("q.json", json.dumps(prompts))) == ROWS


def test_a_cell_too_many_is_an_error_also_where_the_last_one_is_empty(read):
    rows = 'audio,question,answer,notes\na,"Well, who?",x,\nb,"Who?",x,\nc,Well, who?,x,\n'
    assert [record.error for record in read("q.csv", rows)] == [
        None, None, "5 cells under 4 columns (a missing quote?)",
    ]  # fmt: skip
    padded = "audio,question\na,Who?\nb,What?,\n,,,,\nc,Where?,,\n"
    assert [len(row) for row in fields(read("q.csv", padded))] == [2, 2, 2]


def test_rows_are_told_apart_by_line_or_else_by_number(read):
    assert [r.place for r in read("q.json", json.dumps(ROWS, indent=2))] == ["line 2", "line 7"]
    assert [r.place for r in read("q.json", json.dumps(ROWS))] == ["row 1", "row 2"]
    assert [r.place for r in read("q.csv", table(ROWS))] == ["line 2", "line 3"]


def test_a_cell_that_the_viewer_cut_is_said_to_be(read):
    row = {"row_idx": 0, "row": ROWS[0], "truncated_cells": ["question"]}
    (record,) = read("q.json", json.dumps({"rows": [row]}))
    assert "cut" in record.replaced["question"]


def test_broken_lines_cost_themselves(read):
    found = read("q.json", f'{{"audio": "a.wav\n{LINES[0]}\n{LINES[1][:-1]}\n{LINES[1]}')
    assert [record.error is None for record in found] == [False, True, False, True]
    assert [record.line for record in found] == [1, 2, 3, 4]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
PLAIN = [{"audio": "a.wav", "question": "Qué, où?"}, {"audio": "b.wav", "question": "狗\n叫?"}]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_dialects_and_encodings_of_tables(read, delimiter, end, encoding):
    rows = table(PLAIN, delimiter, end, quoting=csv.QUOTE_ALL)
    packed = gzip.compress(rows.encode(encoding))
    for name, content in (
        ("q.csv", rows.encode(encoding)),
        ("q.tsv", rows.encode(encoding)),
        ("q.csv.gz", packed),
        ("q.csv", f"sep={delimiter}{end}{rows}".encode(encoding)),
    ):
        assert fields(read(name, content)) == PLAIN


def test_a_delimiter_within_quotes_in_the_header_is_none(read):
    (record,) = read("q.csv", 'audio;question;"a, b, c, d, e"\nx.wav;What, then?;1\n')
    assert record.fields == {"audio": "x.wav", "question": "What, then?", "a, b, c, d, e": "1"}


HEADER = "audio,question,choices,answer\n"
GOOD = "z.wav,Who?,x|y,x\n"
OPEN_QUOTES = {
    "never closed": ('a.wav,"What?,x|y,x\n', "line 2 is never closed"),
    "closed by the next one": (
        'a.wav,"What?,x|y,x\nb.wav,"Which?",x|y,x\n', "line 2 closes in line 3 before 'W'"
    ),
    "closed at the end of another row": (
        'a.wav,"What?,x|y,x\nb.wav,Which?,x|y,x"\n', "2 cells under 4 columns, from here to line 3"
    ),
    "a quote within": ('a.wav,"Say "no" now",x|y,x\n', "line 2 closes in line 2 before 'n'"),
    "with a backslash": ('a.wav,"Say \\"no\\" now",x|y,x\n', "before 'n'"),
    "more cells": ("a.wav,What, then?,x|y,x\n", "5 cells under 4 columns"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "complaint"), OPEN_QUOTES.values(), ids=OPEN_QUOTES)
def test_a_quote_that_is_not_closed_costs_its_row_and_names_it(read, rows, complaint):
    first, *others, last = read("q.csv", HEADER + rows + GOOD)
    assert complaint in first.error and first.line == 2
    assert last.error is None and last.fields["audio"] == "z.wav"
    # Of the rows that it would have swallowed each is there, read or not.
    assert len(others) == rows.count("\n") - 1


def test_a_row_that_ends_too_early_says_so(read):
    (record,) = read("q.csv", HEADER + "a.wav,What?x|y,x\n")
    assert record.replaced == {"answer": "3 cells under 4 columns, so there is none"}


def test_quoted_cells_may_have_lines_and_space_around_them(read):
    (record,) = read("q.csv", HEADER + 'a.wav , "One\ntwo, ""three""" ,x|y, x\n')
    assert record.error is None
    assert record.fields["question"] == 'One\ntwo, "three"'
    assert record.fields["answer"] == " x"


def test_a_byte_that_is_not_utf_8_costs_its_cell(read):
    for name, content in (
        ("q.csv", b"audio,question,note\n\xff.wav,Q?,1\na.wav,caf\xe9?,2\na.wav,Q?,\xe9\n"),
        (
            "q.jsonl",
            b'{"audio": "\xff.wav", "question": "Q?"}\n'
            b'{"audio": "a.wav", "question": "caf\xe9?"}\n{"note": "\xe9"}',
        ),
    ):
        clip, question, note = read(name, content)
        assert clip.fields["audio"] == "\\udcff.wav" and "0xff" in clip.replaced["audio"]
        assert question.replaced == {
            "question": "the byte 0xe9 is not UTF-8; save the file as UTF-8"
        }
        assert [*note.replaced] == ["note"]


UNUSABLE = {
    "no row can be read": (
        "q.jsonl", "{'audio': 1}\n{'audio': 2}", "none of its 2 rows can be read: not JSON"
    ),
    "its only row": ("q.csv", 'audio,question\na,"b\n', "line 2: its only row cannot be read"),
    "an open list": ("q.json", f"[{LINES[0]},\n{LINES[1]}", "line 2: not JSON"),
    "two lists of questions": (
        "q.json", '{"questions": [{"question": "Q?"}], "more": [{"question": "R?"}]}',
        "several lists \\(questions, more\\)"
    ),
    "two lists": ("q.json", '{\n"a": [{"c": 1}], "b": [{"c": 2}]}', "line 2: .*several lists"),
    "columns of two lengths": ("q.json", '{"audio": ["a", "b"], "question": ["c"]}', "lengths"),
    "a header with an open quote": ("q.csv", '"audio,question\na,b\n', "line 1: the quote"),
    "a workbook": ("q.csv", b"PK\x03\x04...", "save the table as CSV"),
    "cut gzip": ("q.csv.gz", gzip.compress(b"audio,question\na,b\n")[:-9], "damaged gzip"),
    "cut xz": ("q.csv.xz", lzma.compress(b"audio,question\na,b\n")[:-9], "damaged xz"),
    "damaged bzip2": ("q.csv", b"BZh91AY&SYaudio,question", "damaged bzip2"),
    "a title above the header": ("q.csv", "My survey\naudio,question\n", "2 cells under 1 column"),
    "a packed file of no kind": ("q.gz", gzip.compress(b"x"), "unknown kind"),
    "nothing in the list": ("q.json", '{"data": []}', "no questions"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "complaint"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_of_which_nothing_can_be_read_says_why(read, name, content, complaint):
    with pytest.raises(QuestionFileError, match=complaint) as caught:
        read(name, content)
    assert name in str(caught.value)


CELLS = st.text(st.sampled_from(list('ab ",;|\t\n\r{}[]:\\é狗\u2028\x85#')), max_size=8)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4)


def distinct(cells: list[tuple[str, ...]]) -> list[dict]:
    """Rows of which each cell tells where it belongs."""
    return [
        {"audio": f"r{n}a{a}.", "question": f"r{n}q{q}.", "answer": f"r{n}w{w}."}
        for n, (a, q, w) in enumerate(cells)
    ]


def written(form: str, rows: list[dict]) -> str:
    if form == "lines":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if form == "list":
        return json.dumps(rows, ensure_ascii=False, indent=1)
    return table(rows, form, "\r\n")


FORMS = st.sampled_from(["lines", "list", *",;\t|"])


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=TABLES, form=FORMS, encoding=st.sampled_from(ENCODINGS))
def test_whatever_is_written_is_read(read, cells, form, encoding):
    rows = distinct(cells)
    name = "q.json" if form in ("lines", "list") else "q.csv"
    assert fields(read(name, written(form, rows).encode(encoding))) == rows


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=TABLES, form=FORMS, data=st.data())
def test_one_wrong_character_never_loses_a_row_without_a_word(read, cells, form, data):
    rows = distinct(cells)
    text = written(form, rows)
    header = 0 if form in ("lines", "list") else text.index("\n") + 1
    place = data.draw(st.integers(header, len(text) - 1))
    removed = data.draw(st.integers(0, 1))
    added = data.draw(st.sampled_from(["", '"', "\n", ",", ";", "\\", "{", "}", "]", "\x00"]))
    content = text[:place] + added + text[place + removed :]
    name = "q.json" if form in ("lines", "list") else "q.csv"
    try:
        found = read(name, content)
    except QuestionFileError as error:
        assert name in str(error)
        return
    silent = [dict(r.fields) for r in found if not r.error and not r.replaced]
    complaints = len(found) - len(silent)
    lost = [row for row in rows if row not in silent]
    # The row that holds the character may be another one now, or two.
    assert len(lost) <= 1 or complaints, (content, found)
    assert len([fields for fields in silent if fields not in rows]) <= 2, (content, found)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode), data=st.data())
def test_any_bytes_are_records_or_an_error_that_names_the_file(read, content, data):
    name = data.draw(st.sampled_from(["q.csv", "q.tsv", "q.json", "q.jsonl", "q.csv.gz"]))
    start = data.draw(
        st.sampled_from([b"", b"audio,question\n", b'{"data": [', b"[", b'{"a": 1}\n'])
    )
    try:
        found = read(name, start + content)
    except QuestionFileError as error:
        assert name in str(error)
    else:
        assert all(record.place for record in found)
