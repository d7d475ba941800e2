"""Where a store lies: on read-only disks, and on network file systems."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from commands import run
from filled_stores import asked, fill, row, save, sql
from sqlite_utils import Database

from audiorouter.errors import StoreError
from audiorouter.machine import mounts
from audiorouter.machine.mounts import network_file_system
from audiorouter.store import Store
from audiorouter.store.migrations import migrations

MIGRATED_STORES = True


def unprivileged(work):
    """What `work` gives in a process that may write only what permissions allow."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            if not os.getuid():
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            try:
                said = work()
            except StoreError as error:
                said = str(error)
            os.write(writing, json.dumps(said).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return json.loads(said)


@pytest.fixture
def read_only_folder():
    """A folder with a store that everybody may read, and nobody may write; made by `fill`."""
    folder = Path(tempfile.mkdtemp())

    def close():
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        return folder / "store.db"

    yield folder / "store.db", close
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_store_on_a_read_only_disk_is_read(read_only_folder, tmp_path):
    path, close = read_only_folder
    with Store(path) as store:
        save(store)
    close()
    copy = Path(tempfile.mkdtemp()) / "copy.db"
    copy.parent.chmod(0o777)

    def read():
        with Store(path, read_only=True) as store:
            store.backup(copy)
            return [store.stats().clips, [row["hash"] for row in store.export("clips")]]

    assert unprivileged(read) == [1, ["hash"]]
    assert [file.name for file in path.parent.iterdir()] == ["store.db"]
    with Store(copy) as store:
        assert store.stats().clips == 1
    shutil.rmtree(copy.parent)
    assert "may not be written" in unprivileged(lambda: save(Store(path)))


def test_what_a_killed_writer_wrote_last_is_never_left_out_silently(read_only_folder):
    path, close = read_only_folder
    if not (child := os.fork()):
        save(Store(path))
        os._exit(0)
    os.waitpid(child, 0)
    path.with_name("store.db-shm").unlink()
    close()

    def read():
        with Store(path, read_only=True) as store:
            return store.stats().clips

    assert "did not end well" in unprivileged(read)


def looked(path, *words, code=0):
    """What a command prints that looks at a store which it may not write."""

    def look():
        done = run("--db", path, *words, code=code)
        return done.stdout if code == 0 else done.stderr

    return unprivileged(look)


OPEN_RUNS = "SELECT count(*) FROM runs WHERE status = 'running'"


def test_a_batch_that_was_killed_is_lost_also_where_nobody_can_write_that(read_only_folder):
    path, close = read_only_folder
    fill(path, "a")
    if not (child := os.fork()):
        store = Store(path)
        store.save_rows(store.start_run(Path("q.csv"), Path("/clips"), "{}"), [row(0, "a")])
        os._exit(0)
    os.waitpid(child, 0)
    sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    close()
    before = path.read_bytes()
    runs = json.loads(looked(path, "runs", "list", "--json"))
    assert [each["status"] for each in runs] == ["lost", "finished"]
    assert json.loads(looked(path, "runs", "show", "last", "--json"))["status"] == "lost"
    assert json.loads(looked(path, "runs", "diff", "1", "2", "--json"))["asked_by_both"] == 1
    assert looked(path, "store", "prune", "--days", "0", "--dry-run") == "6 rows would be deleted\n"
    assert path.read_bytes() == before
    path.parent.chmod(0o755)
    path.chmod(0o644)
    with Store(path) as store:
        assert store.runs()[0].status == "lost" and asked(path, OPEN_RUNS) == 1, "it only looks"
        assert store.count_old(days=0) == store.prune(days=0) == 6


def test_runs_of_a_store_that_may_not_be_written_are_compared_and_looked_at(read_only_folder):
    path, close = read_only_folder
    for _ in range(2):
        fill(path, "a")
    sql(path, "UPDATE run_rows SET correct = run = 2, prediction = 'x'")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    compare, view = ("compare", "1", "2"), ("view", "last", "-o")
    written = run("--db", path, *compare).stdout  # what it imports may lie where few may read
    run("--db", path, *view, folder / "written.html")
    close()
    assert looked(path, *compare) == written
    looked(path, *view, folder / "read.html")
    assert "Which?" in (folder / "read.html").read_text()
    shutil.rmtree(folder)


EARLIER = {
    "m002_outcomes": {"show", "prune"},
    "m005_shared_seconds": {"show"},
    "m007_lasting_failures": {"show"},
    "m011_run_fields": {"show"},
    "m013_rows_on_fewer_pages": set(),
}
"""By the migration that was the next one: what a store lacks something for."""


@pytest.mark.slow
@pytest.mark.parametrize(("then", "lacking"), EARLIER.items())
def test_of_an_earlier_store_that_may_not_be_written_what_it_has_is_read(
    read_only_folder, then, lacking
):
    path, close = read_only_folder
    migrations.apply(Database(path), stop_before=then)
    sql(
        path,
        """
        INSERT INTO runs (started, status, questions_file, clips_dir, settings)
            VALUES ('2020-01-01 00:00:00', 'running', 'q.csv', 'clips', '{}');
        INSERT INTO run_rows (run, position, question_id, audio, question, prediction)
            VALUES (1, 0, 'q1', 'a.wav', 'Which?', 'low');
        """,
    )
    close()
    (listed,) = json.loads(looked(path, "runs", "list", "--json"))
    assert (listed["status"], listed["answered"]) == ("lost", 1)
    assert json.loads(looked(path, "store", "stats", "--json"))["runs"] == 1
    for name, words in (
        ("show", ("runs", "show", "1")),
        ("show", ("runs", "diff", "1")),
        ("prune", ("store", "prune", "--days", "1", "--dry-run")),
    ):
        if name in lacking:
            said = looked(path, *words, code=2)
            assert f"{path}: it is of an earlier version and may not be written" in said
            assert f"`audiorouter --db {path} store backup FILE`" in said
        else:
            looked(path, *words)
    copy = Path(tempfile.mkdtemp()) / "copy.db"
    copy.parent.chmod(0o777)
    looked(path, "store", "backup", copy)
    assert "Which?" in run("--db", copy, "runs", "show", "1").stdout, "what it says to do does it"
    shutil.rmtree(copy.parent)


def test_an_empty_file_is_no_store_yet_and_stays_empty_where_it_is_read(read_only_folder):
    path, close = read_only_folder
    path.touch()
    assert "there is no run" in run("--db", path, "runs", "list").stderr
    assert not path.stat().st_size
    close()
    assert json.loads(looked(path, "runs", "list", "--json")) == []
    assert "there is none yet" in looked(path, "runs", "show", code=2)
    assert not path.stat().st_size


def test_a_store_that_lacks_a_table_is_said_to_be_damaged(own_store):
    with Store(own_store):
        pass
    sql(own_store, "DROP TABLE runs")
    refused = run("--db", own_store, "runs", "list", code=2)
    assert "it is damaged; move it away" in refused.stderr


def test_reading_changes_nothing(own_store, tmp_path):
    with pytest.raises(StoreError, match="there is none yet"):
        Store(own_store, read_only=True)
    assert not own_store.parent.exists()
    with Store(own_store) as store:
        save(store)
    before = own_store.read_bytes(), own_store.stat().st_mtime_ns
    with Store(own_store, read_only=True) as store:
        assert store.stats().clips == 1
        with pytest.raises(StoreError, match="may not be written"):
            save(store, "b.wav")
    assert (own_store.read_bytes(), own_store.stat().st_mtime_ns) == before


def mount(listed, folder, kind):
    point = str(folder).replace(" ", r"\040")
    with listed.open("a") as stream:
        stream.write(f"23 22 0:5 / {point} rw - {kind} host:/share rw\n")


@pytest.fixture
def share(tmp_path, monkeypatch):
    """A folder that looks as if it came over a network."""
    folder = tmp_path / "a share"
    folder.mkdir()
    (tmp_path / "mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    mount(tmp_path / "mountinfo", folder, "nfs4")
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    return folder


def test_a_network_file_system_is_known_by_where_it_is_mounted(share, tmp_path):
    assert network_file_system(share / "new" / "store.db") == "nfs4"
    (tmp_path / "link").symlink_to(share)
    assert network_file_system(tmp_path / "link" / "store.db") == "nfs4"
    assert network_file_system(tmp_path / "a share of mine.db") is None
    mount(tmp_path / "mountinfo", share, "tmpfs")
    assert network_file_system(share / "store.db") is None, "something else is mounted over it"


def test_on_a_network_file_system_there_is_no_write_ahead_log(share, tmp_path, capfd):
    path = share / "store.db"
    with Store(path) as one, Store(path) as two:
        save(one)
        save(two, "b.wav")
        assert one.stats().clips == two.stats().clips == 1
        assert {file.name for file in share.iterdir()} == {"store.db"}
    said = capfd.readouterr().err
    assert said.count("is on a network file system (nfs4)") == 1
    assert asked(path, "PRAGMA journal_mode") == "delete"


def test_a_store_that_was_moved_to_a_network_file_system_goes_on_without_a_log(share, tmp_path):
    with Store(tmp_path / "store.db") as store:
        save(store)
    assert asked(tmp_path / "store.db", "PRAGMA journal_mode") == "wal"
    shutil.copy(tmp_path / "store.db", share / "store.db")
    # Memory that is shared through a file, which a log needs, is not to be had there.
    (share / "store.db-shm").mkdir()
    with Store(share / "store.db") as store:
        assert store.stats().clips == 1
        save(store, "b.wav")
    assert asked(share / "store.db", "PRAGMA journal_mode") == "delete"
    shutil.copy(share / "store.db", tmp_path / "back.db")
    with Store(tmp_path / "back.db") as store:
        save(store, "c.wav")
    assert asked(tmp_path / "back.db", "PRAGMA journal_mode") == "wal"


@pytest.mark.parametrize("words", [["runs", "show", "1"], ["store", "stats"]])
def test_a_wrong_name_is_said_and_makes_no_store(words, tmp_path):
    place = tmp_path / "gone" / "store.db"
    refused = run("--db", place, *words, code=2)
    assert "there is none yet; --db names another" in refused.stderr
    listed = run("--db", place, "runs", "list", "--json")
    assert listed.stdout == "[]\n" and f"{place}: there is no run" in listed.stderr
    assert not place.parent.exists()
    refused = run("--db", tmp_path, *words, code=2)
    assert "it is a folder; name a file by --db" in refused.stderr
