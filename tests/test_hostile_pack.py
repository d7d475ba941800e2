"""Whatever a plugin does costs its own rows: every other row is answered, in both runs alike."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import only_plugins

from audiorouter import run_batch
from audiorouter.batch.options import BatchOptions
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, open_router

PACK = Path(__file__).parent / "hostile"
sys.path.append(str(PACK))

from misbehaving import audio_sources, faults, hooks, reasoners, routers, tools  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry():
    with pytest.MonkeyPatch.context() as environment:
        for name, value in only_plugins(PACK).items():
            environment.setenv(name, value)
        yield load_registry()


@pytest.fixture
def ask(registry, clips, tmp_path):
    """Asks each question of its own clip, honest ones between them, twice; rows by question."""

    def run(behaviours, *, router="tools:honest", provider="hostile:steady", clip=None, **options):
        rng = np.random.default_rng(0)
        table = [["audio", "question", "choices", "answer"]]
        for number, behaviour in enumerate(behaviours):
            for question in (behaviour, f"honest {number}"):
                name = clip(question) if clip else f"{question}.wav"
                if name.endswith(".wav"):
                    soundfile.write(clips / name, rng.normal(0, 0.1, 800), 8_000)
                else:
                    (clips / name).write_bytes(b"x")
                table.append([name, question, "first|second", "first"])
        questions = tmp_path / "questions.csv"
        questions.write_text("\n".join(",".join(row) for row in table))
        runs = []
        for _ in range(2):
            result = run_batch(
                clips,
                questions,
                BatchOptions(
                    provider=provider, router=router, output=tmp_path / "a.jsonl", workers=2,
                    **{"timeout": 2, "answer_timeout": 1.5, "memory": 3, **options},
                ),
                registry=registry,
            )  # fmt: skip
            assert result.status == "finished", result.failure
            lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
            assert len(lines) == len(table) - 1
            runs.append({row.question.text: row for row in result.rows})
        for row in runs[1].values():
            assert row.fields() | {"cached": 0, "error": 0, "reason_seconds": 0} == runs[0][
                row.question.text
            ].fields() | {"cached": 0, "error": 0, "reason_seconds": 0}
        for text, row in runs[1].items():
            if text.startswith("honest"):
                assert row.prediction == "first" and row.error is None, (text, row.error)
        return runs[1]

    return run


def honest_level(path: Path) -> str:
    audio, _ = soundfile.read(path, dtype="float32")
    return f"The level is {2 * np.abs(audio).mean():.6f}."


def test_tools(ask, clips):
    broken = [*tools.TOOLS, "failstoload", "crashestoload"]
    named_nothing = ["badarguments", "namesnan"]
    rows = ask([*broken, *tools.HARMLESS, *named_nothing], router="named")
    for name in broken:
        row = rows[name]
        bad, honest = row.results
        assert bad.error and bad.error.startswith(tools.identifier(name)), name
        assert row.prediction == "first" and row.complaint == bad.error
        assert honest.finding.text == honest_level(clips / f"{name}.wav"), name
    for name in (*tools.HARMLESS, *named_nothing):
        assert rows[name].complaint is None, rows[name].complaint
        assert rows[name].results[1].finding.text == honest_level(clips / f"{name}.wav"), name
    assert rows["numbers of numpy"].results[0].finding.data == {"a": 0.5, "b": 2, "c": True}
    assert rows["forks"].results[0].finding.text == "The original."


def test_what_tools_make_of_their_calls_costs_one_question(ask):
    names = [*tools.CALLS, "fussytool"]
    rows = ask(names, router="named", clip=lambda _question: "one.wav")
    for name in names:
        assert rows[name].error and tools.identifier(name) in rows[name].error, name
        assert rows[name].prediction is None, name


@pytest.mark.parametrize("kind", ["quiet", "remote"])
def test_reasoners(ask, kind):
    behaviours = dict(reasoners.ANSWERS)
    if kind == "remote":
        more = ["waits", "waits and does not listen"]
    else:
        more = ["one too many", "a generator"]
    # What never comes back is asked alone, so that it takes nobody's time.
    rows = ask(
        [*behaviours, *more, *reasoners.GOOD_ANSWERS], provider=f"hostile:{kind}", batch_size=1
    )
    for name in (*behaviours, *more):
        assert rows[name].error and rows[name].prediction is None, name
    for name in reasoners.GOOD_ANSWERS:
        assert rows[name].prediction == "first" and rows[name].confidence == 0.75


def test_a_bad_question_takes_no_neighbour_down(ask):
    names = ["exit", "nothing", "too few", "one too many", "a generator"]
    rows = ask(names, provider="hostile:quiet", batch_size=8)
    assert all(rows[name].error for name in names)


def test_two_that_never_answer_take_no_neighbour_down(ask):
    names = ["sleeps", "first", "sleeps too", "second"]
    rows = ask(names, provider="hostile:quiet", batch_size=8, answer_timeout=1,
               clip=lambda _question: "one.wav")  # fmt: skip
    assert [rows[name].prediction for name in names] == [None, "first", None, "first"]


def test_a_task_that_exits_ends_nobody_elses(ask):
    assert ask(["a task that exits"], provider="hostile:remote")["a task that exits"].prediction


def test_a_reasoner_that_never_answers_is_not_waited_for_a_third_time(ask):
    rows = ask(["sleeps", "other"], provider="hostile:quiet", answer_timeout=1)
    assert "longer than 1 s" in rows["sleeps"].error and rows["other"].prediction == "first"


@pytest.mark.parametrize("router", ["wayward", "wayward:kept", "asking"])
def test_routers(ask, router):
    more = ["one too many", "a generator"]
    if router == "asking":
        more = ["asks for ever", "another clip"]
    rows = ask([*routers.ROUTES, *more], router=router, clip=lambda _question: "one.wav")
    for name in [*routers.ROUTES, *more]:
        assert rows[name].error, name
    for name, row in rows.items():
        if name.startswith("honest"):
            assert row.results[0].finding is not None


@pytest.mark.parametrize(
    ("hook", "behaviours"), [("prepare_request", hooks.PREPARED), ("judge_answer", hooks.JUDGED)]
)
def test_hooks_are_passed_over(ask, monkeypatch, hook, behaviours):
    monkeypatch.setenv("HOSTILE_HOOK", hook)
    rows = ask(behaviours)
    assert not any(row.error for row in rows.values())
    assert all(row.prediction == "first" and row.correct for row in rows.values())
    assert all(row.question.record["audio"] for row in rows.values())


def test_a_hook_may_give_a_list_of_findings(ask, monkeypatch, caplog):
    monkeypatch.setenv("HOSTILE_HOOK", "prepare_request")
    assert ask(hooks.GOOD_REQUESTS)["a list"].prediction == "first"
    assert "prepare_request failed" not in caplog.text


def test_hooks_are_passed_over_where_the_router_wants_a_margin(ask, monkeypatch):
    monkeypatch.setenv("HOSTILE_HOOK", "prepare_request")
    rows = ask(hooks.PREPARED, router="margin")
    assert all(row.prediction == "first" for row in rows.values())


def test_audio_sources(ask):
    rows = ask(audio_sources.READ, clip=lambda question: f"{question}.evil", timeout=2)
    for name in audio_sources.READ:
        if name == "prints":
            assert rows[name].error is None
        else:
            assert rows[name].error and f"{name}.evil" in rows[name].error, name


def test_plugins_do_not_make_the_program_deaf_to_signals(monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_PLUGIN_DIR", str(PACK))
    monkeypatch.setenv("AUDIOROUTER_PLUGINS", "hostile_pack")
    stops = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    before = [signal.signal(which, signal.default_int_handler) for which in stops]
    try:
        assert "honest" in load_registry().tools
        assert {signal.getsignal(which) for which in stops} == {signal.default_int_handler}
    finally:
        for which, handler in zip(stops, before, strict=True):
            signal.signal(which, handler)


@pytest.mark.parametrize("model", reasoners.OPENED)
def test_what_a_provider_cannot_open_is_bad_usage(registry, model):
    with pytest.raises(UsageError, match=f"hostile:{model}"):
        open_reasoner(registry, f"hostile:{model}")


def test_what_a_factory_cannot_open_is_bad_usage(registry, monkeypatch):
    for result in (faults.raising(SystemExit(0)), lambda *_: None, lambda *_: routers.Factory("x")):
        monkeypatch.setattr(routers.Factory, "open", lambda *given, act=result: act(*given))
        with pytest.raises(UsageError, match="named"):
            open_router(registry, "named", provider="hostile")


def test_only_data_is_on_stdout_whatever_plugins_print(tone, clips, tmp_path):
    import subprocess

    tone("a.wav")
    (tmp_path / "q.csv").write_text("audio,question,choices\na.wav,prints,first|second\n")
    done = subprocess.run(
        [sys.executable, "-m", "audiorouter", "batch", str(clips), str(tmp_path / "q.csv"),
         "--provider", "hostile:steady", "--router", "named", "--json"],
        env=os.environ | only_plugins(PACK) | {"HOSTILE_HOOK": "answered"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["answered"] == 1
    assert "noise from answered" in done.stderr
