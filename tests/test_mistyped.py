"""Whatever is mistyped is told with what may be meant, and nothing is read as something else."""

import json

import pytest
from commands import run
from conftest import EXAMPLES

from audiorouter import BatchOptions, UsageError
from audiorouter.batch.answers_file.answer_files import check_fields
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.questions import read_questions
from audiorouter.questions.columns import find_columns, meant_name
from audiorouter.store import Store
from audiorouter.text import one_slip_apart, unknown

ROCK = EXAMPLES / "clips" / "rock.flac"


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["ask", ROCK, "Why?", "--provider", "openai:x", "-P", "tempreature=1"], "temperature"),
        (["ask", ROCK, "Why?", "--provider", "gpt-4o"], "openai:gpt-4o"),
        (["ask", ROCK, "Why?", "--provider", "o3-mini"], "openai:o3-mini"),
        (["ask", ROCK, "Why?", "--provider", "Qwen/Q"], "transformers:Qwen/Q"),
        (["ask", ROCK, "Why?", "--provider", "qwen2.5-coder-1.5b"], "cascade:qwen2.5-coder-1.5b"),
        (["ask", ROCK, "Why?", "--router", "tools:loundess"], "loudness"),
        (["ask", ROCK, "Why?", "--rotuer", "rules"], "--router"),
        (["compare", "1", "last", "--limt", "3"], "--limit"),
        (["--stetings", "x.toml", "doctor"], "--settings"),
        (["doctr"], "doctor"),
        (["compare", "lst", "1"], "last"),
        (["tools", "run", "loudness", ROCK, "--arg", "strat=1"], "start"),
        (["tools", "lits"], "list"),
        (["tools", "list", "--domain", "sond"], "sound"),
        (["--licence", "comercial", "tools", "list"], "commercial"),
        (["--dbb", "x", "tools", "list"], "--db"),
        (["runs", "show", "last", "--fields", "finding"], "findings"),
        (["batsh"], "batch"),
    ],
)  # fmt: skip
def test_what_is_mistyped_is_told_what_may_be_meant(arguments, meant, own_store):
    Store(own_store).close()
    said = run(*arguments, code=2).stderr.casefold()
    assert "did you mean" in said and f"'{meant}'?".casefold() in said
    assert "extra inputs" not in said and "value error" not in said


def test_a_run_is_told_from_a_word_and_a_number(tmp_path, own_store):
    asked = tmp_path / "q.csv"
    asked.write_text("audio,question\nnowhere.wav,What?\n")
    given = [ROCK.parent, asked, "--router", "none", "-o", tmp_path / "a.json"]
    run("batch", *given, code=1)
    assert "did you mean 'last'?" in run("runs", "show", "lats", code=2).stderr
    for number in ("2", "9" * 30):
        said = run("runs", "show", number, code=2).stderr
        assert "the latest is 1" in said and "did you mean" not in said


def test_what_is_meant_may_be_known_better():
    assert unknown("x", "gpt-4o", ["a"], meant=["b:gpt-4o", "c:gpt-4o"]) == (
        "there is no x 'gpt-4o': did you mean 'b:gpt-4o' or 'c:gpt-4o'? (known: a)"
    )
    assert unknown("x", "y", []) == "there is no x 'y' (known: none)"


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("auido", "audio", True),
        ("anwser", "answer", True),
        ("answe", "answer", True),
        ("answerr", "answer", True),
        ("ansver", "answer", True),
        ("answer", "answer", False),
        ("awnsre", "answer", False),
        ("note", "answer", False),
        ("", "", False),
    ],
)
def test_one_slip(first, second, apart):
    assert one_slip_apart(first, second) is one_slip_apart(second, first) is apart


def test_short_and_known_names_are_no_slips():
    names = ("gate", "date", "wave", "answers", "Audio File", "model_output", "labeled")
    assert [name for name in names if meant_name(name)] == []


@pytest.fixture
def read(tmp_path, tone):
    """Reads rows about a folder with the clip a.wav."""
    clip = tone("applause.wav", seconds=0.5)

    def read_rows(*rows, **options):
        path = tmp_path / "q.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return read_questions(path, clip.parent, **options)

    return read_rows


def test_a_column_that_is_mistyped_is_named(read):
    found = read({"auido": "applause.wav", "question": "What?", "anwser": "applause"})
    assert found.questions[0].problem is None and found.questions[0].answer is None
    assert "`anwser` is not used: did you mean `answer`?" in found.reading.notes
    found = read({"audio": "applause.wav", "question": "What?", "chioces": "a|b", "note": "a"})
    assert found.reading.notes == ("`chioces` is not used: did you mean `choices`?",)
    with pytest.raises(UsageError, match="did you mean it by 'qeustion'"):
        read({"audio": "applause.wav", "qeustion": "What?"})


def test_a_mistyped_column_of_clips_is_not_taken_for_none(read):
    rows = [{"auido": "gone", "question": "What?"}]
    with pytest.raises(UsageError, match=r"did you mean .audio. by .auido..*--every-clip"):
        read(*rows)
    assert len(read(*rows, every_clip=True).questions) == 1


def test_an_answer_is_no_clip_because_it_is_mistyped():
    columns = find_columns(
        [{"sound_of": "a.wav", "question": "What?", "anwser": "applause"}],
        lambda: ["a.wav", "applause.wav"],
        {".wav"},
    )
    assert columns.clip == "sound_of"


def test_a_text_where_names_are_expected_is_no_list_of_letters():
    assert check_fields("findings, reason") == ("findings", "reason")
    assert BatchOptions(fields="findings").extra_fields == ("findings",)
    assert BatchOptions(fields=["run"]).extra_fields == ("run",)
    with pytest.raises(UsageError, match="did you mean 'findings'"):
        BatchOptions(fields="findigns").extra_fields  # noqa: B018
    registry = load_registry(third_party=False)
    assert [*usable_tools(registry, "loudness,noise")] == ["loudness", "noise"]


def test_an_option_of_the_program_behind_a_command_is_told_where_it_stands():
    said = run("runs", "list", "--db", "a.db", code=2).stderr
    assert "--db stands before the command: audiorouter --db … runs list" in said
    said = run("runs", "--db", "a.db", "list", code=2).stderr
    assert "--db stands before the command: audiorouter --db … runs" in said
    said = run("tools", "list", "--no-plugins", code=2).stderr
    assert "--no-plugins stands before the command: audiorouter --no-plugins tools list" in said
    said = run("batch", ROCK.parent, "q.csv", "--profile", code=2).stderr
    assert "requires an argument" in said
    assert "No such option: --nosuch" in run("runs", "list", "--nosuch", code=2).stderr


def test_no_name_is_no_router_and_no_model(own_store):
    said = run("ask", ROCK, "Why?", "--provider", "cascade:", code=2).stderr
    assert "'cascade:': a model's name is missing" in said
    assert "there is no router ''" in run("ask", ROCK, "Why?", "--router", "", code=2).stderr
