"""What the viewer is told of runs, its reports, and its local server."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import signal
import threading
import urllib.request

import pytest
import soundfile
from commands import run as run_command
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from viewed_runs import GAP, NASTY, make_run, viewed, write_clips

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.batch.rows import GO_ON
from audiorouter.cli.app import app
from audiorouter.clips import Clip, FileStamp
from audiorouter.errors import UsageError
from audiorouter.machine.paths import default_store_path
from audiorouter.store import Store
from audiorouter.viewer.lanes import MOST_ITEMS, lanes_of
from audiorouter.viewer.report import page_of, write_report
from audiorouter.viewer.rows import COLUMNS, OTHER_COLUMNS, listed
from audiorouter.viewer.scripts import script
from audiorouter.viewer.server import make_app
from audiorouter.viewer.sound import sound_of


def told(text):
    """What scripts hand to the page."""
    calls = re.findall(r"queue\.push\((\[.*?\])\);\n", text, re.DOTALL)
    return [json.loads(call) for call in calls]


@pytest.fixture
def store(tmp_path):
    with Store(default_store_path()) as opened:
        yield opened


def test_spans_and_points_of_any_tool_become_lanes():
    data = {
        "words": [{"word": "five", "times": [{"start_s": 3.0, "end_s": 3.9}]}],
        "events": [{"classes": ["Dog", "Bark", "Pet"], "start_s": 0, "end_s": 1.25}],
        "beats_s": [0.5, 1.0],
        "level_dbfs": [-20.0, -30.0],
        "parts": {"chords": [{"chord": "A:min", "start_s": 0.0, "end_s": 2.0}]},
    }
    assert lanes_of(data) == [
        {"name": "five times", "items": [[3.0, 3.9, ""]]},
        {"name": "events", "items": [[0.0, 1.25, "Dog or Bark"]]},
        {"name": "beats", "points": [0.5, 1.0]},
        {"name": "chords", "items": [[0.0, 2.0, "A:min"]]},
    ]
    # What lies beyond the clip, runs backwards or is no time is no place in it.
    odd = [{"start_s": 5, "end_s": 6}, {"start_s": 2, "end_s": 1}, {"start_s": True, "end_s": 2}]
    assert lanes_of({"odd": odd, "times_s": [None, 1.0]}, duration=3.0) == []
    assert lanes_of({"beats_s": [0.5, 99, 10**400]}, duration=3.0) == [
        {"name": "beats", "points": [0.5]}
    ]
    assert lanes_of({"late_s": [10**400]}) == []


def test_a_lane_that_is_cut_says_so():
    (lane,) = lanes_of({"times_s": [0.001 * n for n in range(3 * MOST_ITEMS)]})
    assert len(lane["points"]) == MOST_ITEMS
    assert lane["name"] == "times, the first 2,000 of 6,000"


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["start_s", "end_s", "times_s", "label", "a"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=5) | st.just("times_s"), VALUES))
def test_lanes_of_any_data_are_numbers_in_order(data):
    for lane in lanes_of(data, duration=10.0):
        json.dumps(lane, allow_nan=False)
        assert all(0 <= start <= end <= 11 for start, end, _ in lane.get("items", []))


@given(st.text())
def test_a_script_holds_any_text_and_no_markup(text):
    written = script("clip", text)
    assert not re.search("[<>&\u2028\u2029]", written)
    ((_, back),) = told(written.encode("utf-8").decode("utf-8"))
    assert back == text


def test_a_row_says_what_was_heard_found_answered_and_why(store, tmp_path):
    run = viewed(store, make_run(tmp_path, router="none"), make_run(tmp_path))
    index = run.index()
    rows = [dict(zip(index["columns"], row, strict=True)) for row in index["rows"]]
    assert [row["correct"] for row in rows] == [False] * 4
    assert [row["other_correct"] for row in rows] == [True] * 4
    assert rows[0]["tools"] == [] and rows[0]["other_tools"] == ["silences"]
    assert rows[1]["question"] == NASTY and rows[1]["right"] == "yes"
    assert [head["right"] for head in index["runs"]] == [0, 4]

    row = run.part(0)[0]["other"]
    assert (row["choices"], row["right"], row["index"]) == (["yes", "no"], [0], 0)
    (call,) = row["calls"]
    assert call["label"] == call["tool"] == "silences" and call["seconds"] > 0
    (lane,) = call["lanes"]
    ((start, end, _),) = lane["items"]
    assert start == pytest.approx(GAP[0], abs=0.1) and end == pytest.approx(GAP[1], abs=0.1)
    # The answer without tools is there, since the other run asked for it.
    assert row["before"]["correct"] is False and row["before"]["prediction"] == "no"
    assert row["before"]["probabilities"] != row["probabilities"]
    assert call["text"] in row["asked"] and "Is there a gap 0?" in row["asked"]
    assert row["reason"] and row["duration"] == 3.0
    assert run.parts == 1 and run.part(1) == []


def test_rows_that_only_one_run_asked_have_no_other(store, tmp_path):
    more = make_run(tmp_path, rows=4)
    run = viewed(store, more, make_run(tmp_path, rows=3))
    assert [row["other"] is None for row in run.part(0)] == [False, False, False, True]
    assert "1 of the questions of run 1 were not asked in run 2" in run.index()["notes"][0]


def test_the_list_tells_what_was_not_asked_and_what_failed_in_the_second_run():
    asked = ("0", "0.wav", "Is there a gap?", ("yes", "no"))
    left = PastRow(*asked, None, None, (), f"interrupted {GO_ON}", {})
    failed = PastRow(*asked, None, False, (), "no reply within 60 s" + "." * 1000, {})
    values = listed(left, failed, compared=True)
    shown = dict(zip((*COLUMNS, *OTHER_COLUMNS), values, strict=True))
    assert shown["left"] is True and shown["other_tools"] == []
    assert shown["other_error"].startswith("no reply within 60 s.")
    assert len(shown["other_error"]) == 200
    absent = listed(failed, None, compared=True)
    assert absent[len(COLUMNS) :] == [None] * len(OTHER_COLUMNS)
    assert len(listed(failed, None, compared=False)) == len(COLUMNS)


def test_a_folder_holds_page_rows_and_sound(store, tmp_path):
    run = viewed(store, make_run(tmp_path))
    folder = tmp_path / "report"
    write_report(folder, run)
    assert (folder / "index.html").is_file()
    ((_, index),) = told((folder / "data/index.js").read_text("utf-8"))
    assert len(index["rows"]) == 4
    ((_, number, rows),) = told((folder / "data/rows-0000.js").read_text("utf-8"))
    assert number == 0 and rows[1]["question"] == NASTY
    ((_, clip, sound),) = told((folder / f"data/clips/{rows[0]['clip']}.js").read_text("utf-8"))
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["base64"])))
    assert clip == rows[0]["clip"] and sound["type"] == "audio/flac"
    assert (len(heard), rate) == (24_000, 8_000)
    # It is written over by another report, and nothing else is.
    write_report(folder, run)
    assert not list(folder.glob(".*"))
    other = tmp_path / "clips"
    with pytest.raises(UsageError, match="something else than a report"):
        write_report(other, run)
    assert len(list(other.iterdir())) == 2


def test_a_folder_of_somebody_is_never_taken_for_a_report(store, tmp_path):
    run = viewed(store, make_run(tmp_path))
    site = tmp_path / "site"
    (site / "data").mkdir(parents=True)
    (site / "index.html").write_text("mine")
    (site / "data/index.js").write_text("module.exports = 1")
    with pytest.raises(UsageError, match="something else than a report"):
        write_report(site, run)
    assert (site / "index.html").read_text() == "mine"
    report = tmp_path / "report"
    write_report(report, run)
    (report / "data" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else than a report"):
        write_report(report, run)
    assert (report / "data" / "notes.txt").read_text() == "mine"
    for name in ("-", "report.json", "a.pdf"):
        with pytest.raises(UsageError, match="a report is a folder"):
            write_report(tmp_path / name, run)


def test_a_report_stays_whole_until_the_next_one_is(store, tmp_path, monkeypatch):
    run = viewed(store, make_run(tmp_path))
    report = tmp_path / "report"
    write_report(report, run)
    before = {path: path.read_bytes() for path in report.rglob("*") if path.is_file()}

    def full(clip):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "sound", full)
    with pytest.raises(UsageError, match="No space left"):
        write_report(report, run)
    assert {path: path.read_bytes() for path in report.rglob("*") if path.is_file()} == before
    # What a kill leaves behind is no hindrance.
    (report / ".new-x1y2" / "data").mkdir(parents=True)
    (report / "data").rename(report / ".old-data")
    (report / ".old-data").rename(report / ".new-x1y2" / "data2")
    (report / ".new-x1y2" / "data2").rename(report / "data")
    monkeypatch.undo()
    write_report(report, run)
    assert not list(report.glob(".*"))


@pytest.mark.parametrize(("rate", "played"), [(500, 8_000), (768_000, 96_000), (16_000, 16_000)])
def test_any_rate_is_played_and_wrong_endings_do_no_harm(store, tmp_path, tone, rate, played):
    clip = tone("a.wav", frequency=100.0, rate=rate)
    clip.rename(clip.with_suffix(".mp3"))
    path = clip.with_suffix(".mp3")
    facts = Clip(path).facts
    store.save_clip(path, FileStamp.of(path), facts)
    sound = sound_of(store, facts.audio_hash)
    heard, at = soundfile.read(io.BytesIO(base64.b64decode(sound["base64"])))
    assert sound["type"] == "audio/flac" and at == played
    assert len(heard) / at == pytest.approx(1.0, abs=0.01) and abs(heard).max() > 0.2


def test_what_fits_is_in_one_file_whatever_does_not(store, tmp_path, monkeypatch):
    run = viewed(store, make_run(tmp_path))
    first, second = run.clips()
    sizes = {first: 9_000, second: 100}
    sounds = {clip: base64.b64encode(bytes(size)).decode() for clip, size in sizes.items()}
    monkeypatch.setattr(run, "sound", lambda clip: {"type": "x", "base64": sounds[clip]})
    monkeypatch.setattr("audiorouter.viewer.report.MOST_SOUND", 200)
    write_report(tmp_path / "a.htm", run)
    handed = {
        call[1]: call[2] for call in told((tmp_path / "a.htm").read_text()) if call[0] == "clip"
    }
    assert "missing" in handed[first] and "base64" in handed[second]
    assert page_of(tmp_path / "a.htm") == tmp_path / "a.htm"


def test_one_file_holds_everything_and_allows_nothing_else(store, tmp_path):
    run = viewed(store, make_run(tmp_path))
    page = tmp_path / "report.html"
    write_report(page, run)
    text = page.read_text("utf-8")
    assert {call[0] for call in told(text)} == {"index", "rows", "clip"}
    assert "alert(1)" in text and NASTY not in text
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    for kind, contents in (
        ("script", scripts),
        ("style", re.findall(r"<style>(.*?)</style>", text, re.DOTALL)),
    ):
        (allowed,) = re.findall(rf"{kind}-src ([^;]+)", policy)
        digests = {
            f"'sha256-{base64.b64encode(hashlib.sha256(c.encode()).digest()).decode()}'"
            for c in contents
        }
        assert digests <= {*allowed.split()} and "self" not in allowed and "unsafe" not in allowed
    assert "default-src 'none'" in policy
    markup = re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:|#)', markup)


def test_a_clip_that_changed_has_no_sound_and_says_so(store, tmp_path):
    run = viewed(store, make_run(tmp_path))
    (tmp_path / "clips" / "0.wav").unlink()
    folder = tmp_path / "report"
    write_report(folder, run)
    sounds = [told(path.read_text())[0][2] for path in (folder / "data/clips").iterdir()]
    assert sorted("missing" in sound for sound in sounds) == [False, True]


@pytest.fixture
def served(store, tmp_path):
    from starlette.testclient import TestClient

    run = viewed(store, make_run(tmp_path))
    return TestClient(make_app(run, "secret"), base_url="http://127.0.0.1:1234"), run


def test_the_server_hands_out_what_a_folder_holds(served, store, tmp_path):
    client, run = served
    folder = tmp_path / "report"
    write_report(folder, run)
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".md" and path.name != "LICENSE":
            answer = client.get(f"/secret/{path.relative_to(folder)}")
            assert answer.status_code == 200 and answer.text == path.read_text("utf-8"), path
    assert client.get("/secret/").text == (folder / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/data/index.js",
        "/guess/data/index.js",
        "/secret/data/rows-0001.js",
        "/secret/data/rows--1.js",
        "/secret/data/clips/0000.js",
        "/secret/../../pyproject.toml",
        "/secret/%2e%2e/%2e%2e/store/database.py",
        "/secret/app/..%2f..%2freport.py",
        "/secret//etc/passwd",
        f"/secret/{'a' * 300}.js",
        "/secret/vendor/LICENSE",
    ],
)
def test_the_server_hands_out_nothing_else(served, path):
    assert served[0].get(path).status_code == 404


def test_the_server_answers_to_no_other_name_and_writes_nothing(served):
    client, _ = served
    assert client.get("/secret/", headers={"Host": "evil.example"}).status_code == 400
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, "/secret/data/index.js").status_code == 405
    answer = client.get("/secret/data/index.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.slow
@pytest.mark.parametrize("sent", ["SIGINT", "SIGINT SIGINT", "SIGHUP", "SIGTERM"])
def test_the_command_ends_well_by_ctrl_c(store, tmp_path, monkeypatch, sent):
    make_run(tmp_path)
    shown = []

    def look(address):
        with urllib.request.urlopen(address) as page:
            shown.append(page.status)
        for name in sent.split():
            os.kill(os.getpid(), signal.Signals[name])

    def launch(address):
        threading.Thread(target=look, args=[address]).start()

    monkeypatch.setattr("typer.launch", launch)
    said = run_command("view").stderr
    assert shown == [200] and "press Ctrl-C to stop" in said
    assert "interrupted" not in said and "Traceback" not in said


def test_the_command_writes_reports_and_refuses_before_the_work(store, tmp_path):
    make_run(tmp_path)
    done = CliRunner().invoke(app, ["view", "-o", str(tmp_path / "a.html")])
    assert done.exit_code == 0 and "a.html" in done.stderr and not done.stdout, done.output
    assert (tmp_path / "a.html").is_file()
    for arguments in (["view", "99"], ["view", "-o", str(tmp_path / "clips")]):
        refused = CliRunner().invoke(app, arguments)
        assert refused.exit_code != 0 and isinstance(refused.exception, UsageError)
    write_clips(tmp_path / "clips")
