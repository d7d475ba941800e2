import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.questions import Layout, read_questions
from audiorouter.questions.cell_values import choice_letter

TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"),
    min_size=1, max_size=30,
).map(lambda s: " ".join(s.split())).filter(
    # What tables write for nothing, and spreadsheets for an error, is no text of anybody's.
    lambda s: s and s.casefold() not in ("nan", "nat", "<na>", "none", "null") and s[0] != "#"
)  # fmt: skip
CHOICES = st.lists(TEXT, min_size=2, max_size=6, unique_by=lambda s: " ".join(s.split()).casefold())


@pytest.fixture
def write(clips, tone, tmp_path):
    tone("a.wav")

    def save(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return save


def read(path: Path, clips: Path, **options):
    return read_questions(path, clips, **options).questions


def test_csv_with_bom_piped_choices_and_other_columns(write, clips):
    path = write("q.csv", "\ufeffaudio,question,choices,answer,skill\na.wav,Which?,cat|dog,dog,x\n")
    (question,) = read(path, clips)
    assert question.choices == ("cat", "dog")
    assert (question.gold_index, question.answer, question.id) == (1, "dog", "1")
    assert question.metadata("skill") == "x"
    assert question.problem is None and question.path == clips / "a.wav"


@pytest.mark.parametrize("column", ["audio", "file", "path", "audio_id", "audio_path"])
def test_every_name_of_the_clip_column(write, clips, column):
    (question,) = read(write("q.csv", f"{column},question\na.wav,What?\n"), clips)
    assert question.audio == "a.wav" and question.choices == ()


def test_lettered_columns_semicolons_and_tabs(write, clips):
    semicolons = write("q.csv", "audio;question;A;B;C;answer\na.wav;Which?;x;y;z;C\n")
    tabs = write("q.tsv", "audio\tquestion\tA\tB\tanswer\na.wav\tWhich?\tx\ty\t(b)\n")
    assert read(semicolons, clips)[0].gold_index == 2
    assert read(tabs, clips)[0].gold_index == 1


@pytest.mark.parametrize("empty", ["[]", "[ ]", "()", "{}", "None"])
def test_a_list_of_no_choices_leaves_those_in_columns_of_their_own(write, clips, empty):
    rows = f"a.wav,Which?,{empty},x,y,B\na.wav,What?,{empty},,,\na.wav,Which?,p|q,,,q\n"
    columns, opened, listed = read(
        write("q.csv", f"audio,question,choices,A,B,answer\n{rows}"), clips
    )
    assert columns.choices == ("x", "y") and columns.gold_index == 1
    assert opened.choices == () and opened.problem is None
    assert listed.choices == ("p", "q") and listed.gold_index == 1


def test_a_file_without_clip_column_asks_everything_of_every_clip(write, clips, tone):
    (clips / "deep").mkdir()
    tone("deep/b.wav")
    found = read(write("q.jsonl", '{"question": "What?"}\n\n{"question": "Who?"}\n'), clips)
    assert [(q.audio, q.text) for q in found] == [
        ("a.wav", "What?"), ("a.wav", "Who?"), ("deep/b.wav", "What?"), ("deep/b.wav", "Who?"),
    ]  # fmt: skip
    assert len({q.id for q in found}) == 4


@pytest.mark.parametrize(
    ("column", "layout"), [("audio_id", Layout.MMAU), ("audio_path", Layout.MMAR)]
)
def test_benchmark_layouts(write, clips, column, layout):
    item = {"id": "x1", column: "./a.wav", "question": "Q?", "choices": ["a", "b"], "answer": "b"}
    found = read_questions(write("q.json", json.dumps([item])), clips)
    assert found.layout is layout
    assert found.questions[0].id == "x1" and found.questions[0].gold_index == 1


def test_clips_beside_the_questions_file_are_found(write, clips, tone, tmp_path):
    tone("b.wav").rename(tmp_path / "b.wav")
    (question,) = read(write("q.csv", "audio,question\nb.wav,What?\n"), clips)
    assert question.path == tmp_path / "b.wav"


ROW_PROBLEMS = {
    "cat": "only one choice ('cat')",
    "cat, dog; bird": "only one choice",
    '[""x""': "not a JSON list",
    "['x' 'y', 'z']": "nor a Python one",
    '{""first"": ""x""}': "key 'first' is no letter",
}


@pytest.mark.parametrize(("choices", "complaint"), ROW_PROBLEMS.items())
def test_bad_choices_are_the_rows_problem(write, clips, choices, complaint):
    path = write("q.csv", f'audio,question,choices\na.wav,Q?,"{choices}"\na.wav,Q?,a|b\n')
    bad, good = read(path, clips)
    assert complaint in bad.problem and good.problem is None


@pytest.mark.parametrize(
    ("audio", "complaint"),
    [
        ("b.wav", "no clip b.wav"),
        ("", "no clip is named"),
        ("../../etc/passwd", "outside"),
        ("/etc/passwd", "outside"),
        ("https://example.org/a.wav", "URL"),
    ],
)
def test_bad_clips_are_the_rows_problem(write, clips, audio, complaint):
    path = write("q.csv", f"audio,question\n{audio},What?\na.wav,What?\n")
    bad, good = read(path, clips)
    assert complaint in bad.problem and bad.line == 2
    assert good.problem is None


def test_a_link_in_the_folder_is_read_wherever_it_leads(write, clips, tmp_path, tone):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    tone("b.wav").rename(outside / "b.wav")
    (clips / "link.wav").symlink_to(outside / "b.wav")
    (clips / "folder").symlink_to(outside)
    rows = "link.wav,Q?\nfolder/b.wav,Q?\nfolder/../b.wav,Q?\n../elsewhere/b.wav,Q?\n"
    # Beside the questions file counts as inside, so the file moves away first.
    path = write("q.csv", f"audio,question\n{rows}").rename(clips / "q.csv")
    *linked, between, outer = read(path, clips)
    assert [question.problem for question in linked] == [None, None]
    assert "no clip" in between.problem and "outside" in outer.problem
    assert read(path, clips, allow_outside=True)[3].problem is None


def test_thirty_choices_and_an_answer_outside_them(write, clips):
    choices = "|".join(f"choice {n}" for n in range(30))
    rows = f"a.wav,Q?,{choices},AD\na.wav,Q?,{choices},something else\n"
    many, strange = read(write("q.csv", f"audio,question,choices,answer\n{rows}"), clips)
    assert len(many.choices) == 30 and many.gold_index == 29
    assert strange.gold_index is None and "not among the choices" in strange.remark
    assert strange.problem is None


def test_wrong_rows_of_every_format_name_their_line(write, clips):
    table = write("q.csv", 'audio,question\na.wav,"two\nlines"\na.wav,x,y,z\na.wav,\n')
    assert [(q.line, q.problem) for q in read(table, clips)] == [
        (2, None), (4, "4 cells under 2 columns (a missing quote?)"), (5, "the question is empty"),
    ]  # fmt: skip
    lines = write("q.jsonl", '{"audio": "a.wav", "question": "Q?"}\n{"audio": \n[1]\n')
    assert [(q.line, q.problem is None) for q in read(lines, clips)] == [
        (1, True), (2, False), (3, False),
    ]  # fmt: skip
    items = write("q.json", '[{"audio": "a.wav",\n "question": "Q?"},\n\n 7]')
    assert [(q.line, q.problem) for q in read(items, clips)] == [
        (1, None),
        (4, "not a JSON object"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("q.csv", "audio,text\na.wav,x\n", "no column 'question'"),
        ("q.csv", "", "no header"),
        ("q.csv", "audio,question\n", "no questions"),
        ("q.csv", "audio,question,question\na.wav,a,b\n", "twice"),
        ("q.json", '[{"a": 1},\n{]', "line 2: not JSON"),
        ("q.json", '{"a": 1}', "no column 'question'"),
        ("q.json", "7", "line 1: expected a JSON list"),
        ("q.txt", "x", "unknown kind"),
    ],
)
def test_unusable_files_say_why_and_where(write, clips, name, content, complaint):
    with pytest.raises(QuestionFileError, match=complaint):
        read(write(name, content), clips)


def test_missing_folder_and_file(clips, tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        read_questions(tmp_path / "q.csv", tmp_path / "nowhere")
    with pytest.raises(QuestionFileError, match="cannot be read"):
        read_questions(tmp_path / "q.csv", clips)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(TEXT, CHOICES, st.data()), min_size=1, max_size=4))
def test_what_is_written_is_read(write, clips, suffix, rows):
    expected = []
    for text, choices, data in rows:
        expected.append((text, tuple(choices), data.draw(st.integers(0, len(choices) - 1))))
    items = [
        {"audio": "a.wav", "question": q, "choices": list(c), "answer": c[g]}
        for q, c, g in expected
    ]
    found = read(write(f"q{suffix}", _written(suffix, items)), clips)
    assert [(q.text, q.choices, q.gold_index) for q in found] == expected


def _written(suffix: str, items: list[dict]) -> str:
    if suffix == ".json":
        return json.dumps(items)
    if suffix == ".jsonl":
        return "\n".join(json.dumps(item) for item in items)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="\t" if suffix == ".tsv" else ",")
    writer.writerow(items[0])
    writer.writerows(
        [json.dumps(v) if isinstance(v, list) else v for v in item.values()] for item in items
    )
    return stream.getvalue()


@given(st.integers(0, 2000))
def test_letters_are_unique_and_find_their_choice(index):
    assert choice_letter(index) not in {choice_letter(n) for n in range(max(0, index - 30), index)}


def test_an_answer_that_is_a_choice_is_not_taken_for_a_letter(write, clips):
    rows = "a.wav,Q?,B|A,B\na.wav,Q?,x|y,y\na.wav,Q?,x|y,z\n"
    found = read(write("q.csv", f"audio,question,choices,answer\n{rows}"), clips)
    assert [q.gold_index for q in found] == [0, 1, None]
