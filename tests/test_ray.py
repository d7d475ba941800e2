"""A batch on a real cluster of two nodes on this machine: the same answers, whatever is killed."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import command, run
from ray_cluster import running_cluster, told
from stops import wait_until
from test_remote_clips import FileServer

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).with_name("ray_plugin.py")
CLIPS = 24


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes that tests share; what they leave on their disk is seen at `TMPDIR`."""
    disk = tmp_path_factory.mktemp("disk")
    with running_cluster(2, TMPDIR=str(disk)) as process:
        process.disk = disk
        yield process


class Work:
    """Clips with two questions each, and what became of them."""

    def __init__(self, folder: Path, cluster, names=()):
        self.folder, self.cluster = folder, cluster
        clips = folder / "clips"
        clips.mkdir()
        names = [f"{number}.wav" for number in range(CLIPS - len(names))] + list(names)
        rows = ["audio,question,choices,answer"]
        for number, name in enumerate(names):
            wave = np.sin(np.arange(8000) * 0.01 * (number + 1)).astype("float32") * 0.3
            soundfile.write(clips / name, wave, 8000)
            rows += [f"{name},What is it?,a tone|a dog,A", f"{name},How loud?,soft|loud,B"]
        (folder / "q.csv").write_text("\n".join(rows))
        self.store = folder / "store.db"

    def line(self, *more, db=None, engine=True):
        ray = ("--engine", "ray", "--ray-address", self.cluster.address)
        return command(
            "--db", db or self.store, "--plugin", PLUGIN, "batch", self.folder / "clips",
            self.folder / "q.csv", "--provider", "steady", "--router", "tools:noted",
            *(ray if engine else ("--workers", 2)), *more,
        )  # fmt: skip

    def run(self, *more, code=0, **how):
        environment = os.environ | {"TMPDIR": str(self.cluster.disk)}
        done = subprocess.run(
            self.line(*more, **how), capture_output=True, text=True, timeout=180, env=environment
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def started(self):
        environment = os.environ | {"TMPDIR": str(self.cluster.disk)}
        return subprocess.Popen(
            self.line(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )

    @property
    def calls(self) -> Counter:
        log = self.folder / "calls.log"
        return Counter(log.read_text().split()) if log.exists() else Counter()

    def kept(self) -> tuple[int, int, int]:
        with sqlite3.connect(self.store) as connection:
            return tuple(
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("clips", "tool_calls", "answers")
            )

    def check_whole(self, *, under_way: int):
        """All rows are answered, once; of the calls only those under way were made again."""
        out = self.folder / "a.jsonl"
        self.run("-o", out)
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert len(rows) == 2 * CLIPS
        assert not any(row["error"] for row in rows)
        assert self.kept() == (CLIPS, CLIPS, 2 * CLIPS)
        assert set(self.calls) == {f"{number}.wav" for number in range(CLIPS)}
        assert sum(self.calls.values()) <= CLIPS + under_way
        assert list((self.folder / "store.db.shards").iterdir()) == []


def left_behind(cluster):
    return [place for user in cluster.disk.glob("audiorouter-*") for place in user.iterdir()]


def nodes_at_work() -> list[int]:
    """Processes of nodes, which Ray names by what they are."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True).stdout
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    return [int(pid) for pid, *args in lines if args and args[0].startswith("ray::Node")]


@pytest.fixture
def work(tmp_path, cluster):
    return Work(tmp_path, cluster)


def test_two_nodes_answer_as_one_machine_does(work, tmp_path):
    alone, there = tmp_path / "alone.csv", tmp_path / "there.csv"
    done = work.run("-o", there)
    assert f"ray: {CLIPS} tool calls and {2 * CLIPS} answers by 2 nodes" in done.stderr
    for _ in range(2):  # the second time everything is there, as it is after Ray
        work.run("-o", alone, db=tmp_path / "other.db", engine=False)
    asked = [list(csv.DictReader(path.open())) for path in (alone, there)]
    for rows in asked:
        for row in rows:
            del row["tool_seconds"], row["reason_seconds"]
    assert asked[0] == asked[1]
    work.folder.joinpath("calls.log").unlink()
    assert not any(any(place.iterdir()) for place in left_behind(work.cluster))
    again = work.run("-o", there)
    assert "ray:" not in again.stderr
    assert not work.calls


def test_a_killed_process_costs_what_it_was_at(work):
    batch = work.started()
    wait_until(lambda: sum(work.calls.values()) >= 5)
    os.kill(nodes_at_work()[0], signal.SIGKILL)
    assert batch.wait(120) == 0
    work.check_whole(under_way=1)


def test_a_killed_driver_goes_on(work):
    batch = work.started()
    wait_until(lambda: sum(work.calls.values()) >= 7)
    batch.kill()
    batch.wait()
    work.check_whole(under_way=2)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_in_good_order_and_the_next_run_goes_on(work, which):
    environment = os.environ | {"TMPDIR": str(work.cluster.disk)}
    out = work.folder / "stopped.jsonl"
    batch = subprocess.Popen(
        work.line("-o", out), stderr=subprocess.PIPE, text=True, env=environment
    )
    wait_until(lambda: sum(work.calls.values()) >= 7)
    batch.send_signal(which)
    _, said = batch.communicate(timeout=60)
    assert batch.returncode == 130, said
    assert "Traceback" not in said
    rows = [json.loads(line) for line in (work.folder / "stopped.part.jsonl").open()]
    assert len(rows) == 2 * CLIPS and not out.exists()
    assert all(
        f"by {which.name} (run it again to go on)" in row["error"] for row in rows if row["error"]
    )
    work.check_whole(under_way=2)


def test_a_clip_that_ends_its_tool_or_its_node_costs_its_rows(tmp_path, cluster):
    names = ("kills-tool.wav", "kills-node.wav")
    work = Work(tmp_path, cluster, names)
    out = tmp_path / "a.jsonl"
    work.run("-o", out, code=1)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    failed = {row["audio"]: row["error"] for row in rows if row["error"]}
    assert set(failed) == set(names)
    assert "the process of its node ended 3 times" in failed["kills-node.wav"]
    assert work.calls["kills-node.wav"] == 1
    assert sum(work.calls.values()) == CLIPS - 1


def test_a_killed_node_costs_what_it_was_at(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with running_cluster(2, TMPDIR=str(disk)) as own:
        own.disk = disk
        work = Work(tmp_path, own)
        batch = work.started()
        wait_until(lambda: sum(work.calls.values()) >= 5)
        told(own, "kill-node")
        assert batch.wait(120) == 0
        work.check_whole(under_way=1)


def test_nodes_that_can_do_nothing_end_the_batch(work, tmp_path):
    """Not for ever: one that cannot even be opened is given up, and says why."""
    folder = tmp_path / "unseen"
    folder.mkdir()
    start = time.monotonic()
    plugin = tmp_path / "fails.py"
    plugin.write_text(
        "import os\n"
        + PLUGIN.read_text().replace(
            "        return Steady()",
            "        import sys\n        if 'ray' in sys.modules and 'ray::' in ' '.join(open("
            "'/proc/self/cmdline').read().split(chr(0))): raise OSError('no such device')\n"
            "        return Steady()",
        )
    )
    line = [*map(str, work.line("-o", tmp_path / "a.csv"))]
    line[line.index(str(PLUGIN))] = str(plugin)
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "no such device" in done.stderr
    assert "go on" in done.stderr or "goes on" in done.stderr
    assert time.monotonic() - start < 100


def test_tables_of_outcomes_are_filled_by_the_nodes(work, tmp_path):
    """Evaluating computes nothing here, finds what training left, and says the same as alone."""

    def done(name, *more, db=None, ray=True):
        cluster = ("--engine", "ray", "--ray-address", work.cluster.address)
        line = command(
            *("--db", db or work.store, "--plugin", PLUGIN, name, work.folder / "q.csv"),
            *("--clips", work.folder / "clips", "--provider", "steady", "--tools", "noted"),
            *(cluster if ray else ()), *more,
        )  # fmt: skip
        environment = os.environ | {"TMPDIR": str(work.cluster.disk)}
        ended = subprocess.run(line, capture_output=True, text=True, env=environment, timeout=400)
        assert ended.returncode == 0, ended.stderr
        return ended

    train = ("-o", tmp_path / "router", "--epochs", 2, "--members", 1, "--max-calls", 1)
    said = done("train", *train).stderr
    # Each question directly, and by the one tool; a router in training hears each clip besides.
    assert f"ray: {2 * CLIPS} tool calls and {4 * CLIPS} answers by 2 nodes" in said
    assert set(work.calls.values()) == {1} and len(work.calls) == CLIPS
    assert work.kept() == (CLIPS, 2 * CLIPS, 4 * CLIPS)
    there = done("evaluate", "--router", "none", "--json", "-")
    assert "ray:" not in there.stderr and sum(work.calls.values()) == CLIPS
    alone = done("evaluate", "--router", "none", "--json", "-", db=tmp_path / "a.db", ray=False)
    both = [json.loads(each.stdout)["strategies"] for each in (there, alone)]
    right = [{name: score["accuracy"] for name, score in each.items()} for each in both]
    assert right[0] == right[1]
    assert not any((work.folder / "store.db.shards").iterdir())


def test_clips_that_are_named_by_urls_are_fetched_by_the_nodes(tmp_path, cluster):
    work = Work(tmp_path, cluster)
    content = {f"/{clip.name}": clip.read_bytes() for clip in (tmp_path / "clips").iterdir()}
    with FileServer(content) as server:
        rows = ["audio,question,choices"]
        rows += [f"{server.url}{name},What is it?,a tone|a dog" for name in content]
        (tmp_path / "q.csv").write_text("\n".join(rows))
        out = tmp_path / "a.jsonl"
        done = work.run("--remote", server.url, "-o", out)
    assert f"ray: {CLIPS} tool calls and {CLIPS} answers by 2 nodes" in done.stderr
    assert not any(json.loads(line)["error"] for line in out.read_text().splitlines())


def test_what_makes_no_sense_is_said_before_anything_starts(tmp_path, cluster):
    work = Work(tmp_path, cluster)
    said = work.run("--fresh", code=2)
    assert "--fresh" in said.stderr
    said = work.run("--ray-folder", tmp_path / "f", engine=False, code=2)
    assert "--engine ray" in said.stderr


def test_ray_is_not_imported_otherwise():
    code = "import sys, audiorouter.cli.app, audiorouter.batch; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert "--engine" in run("batch", "--help").stdout
