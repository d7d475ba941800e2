"""The store as a file among others: whose it is, who may read it, and where it lies."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import StoreError
from audiorouter.machine import mounts
from audiorouter.machine.files import locked
from audiorouter.machine.mounts import network_file_system
from audiorouter.store import Store
from audiorouter.store.whose import APPLICATION_ID, is_store

DATA = Path(__file__).parent / "data"
FACTS = ClipFacts("hash", 1.5, 16_000, 1, -20.0, -10.0)


def sql(path, script):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def mode(path):
    return path.stat().st_mode & 0o777


def save(store, name="a.wav"):
    store.save_clip(Path(name), FileStamp(1, 1, 1), FACTS)


def asked(path, question):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchone()[0]


# Whose it is


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE moz_places (id INTEGER)",
        "CREATE TABLE clips (hash TEXT); CREATE TABLE tool_calls (key TEXT)",
        "PRAGMA application_id = 1196444487; CREATE TABLE gpkg_contents (id INTEGER)",
        "PRAGMA application_id = 1196444487",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = wal; CREATE TABLE moz_places (id INTEGER)",
        "CREATE TABLE _sqlite_migrations (id INTEGER, migration_set TEXT, name TEXT);"
        "INSERT INTO _sqlite_migrations VALUES (1, 'llm', 'm001_initial');",
        "CREATE TABLE _sqlite_migrations (version INTEGER); CREATE TABLE a (b)",
    ],
)
def test_the_database_of_another_program_is_left_as_it_is(script, tmp_path):
    path = sql(tmp_path / "places.sqlite", script)
    path.chmod(0o644)
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"places\.sqlite: .* another program.*--db"):
            Store(path, read_only=read_only)
    assert not is_store(path)
    assert path.read_bytes() == before and mode(path) == 0o644
    assert [file.name for file in tmp_path.glob("places.sqlite*")] == ["places.sqlite"]


@pytest.mark.parametrize("memory_of_readers", [True, False])
def test_what_a_killed_writer_of_another_program_left_is_left_as_it_is(memory_of_readers, tmp_path):
    path = tmp_path / "places.sqlite"
    if not (child := os.fork()):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE moz_places (id INTEGER)")
        os._exit(0)
    os.waitpid(child, 0)
    log = tmp_path / "places.sqlite-wal"
    if not memory_of_readers:
        path.with_name("places.sqlite-shm").unlink()
    before = path.read_bytes(), log.read_bytes()
    assert before[1]
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert not is_store(path)
    assert (path.read_bytes(), log.read_bytes()) == before


def test_what_a_killed_writer_of_ours_left_is_taken_in(tmp_path):
    path = tmp_path / "store.db"
    if not (child := os.fork()):
        save(Store(path))
        os._exit(0)
    os.waitpid(child, 0)
    with Store(path) as store:
        assert store.stats().clips == 1


@pytest.mark.parametrize("theirs", [True, False])
def test_a_change_that_was_not_finished_is_undone_in_our_file_alone(theirs, tmp_path):
    whole = tmp_path / "whole.db"
    if theirs:
        sql(whole, "CREATE TABLE moz_places (id INTEGER)")
    else:
        with Store(whole):
            pass
    sql(whole, "PRAGMA journal_mode = delete; CREATE TABLE filler (a)")
    path, journal = tmp_path / "store.db", tmp_path / "store.db-journal"
    with contextlib.closing(sqlite3.connect(whole, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("PRAGMA cache_spill = 1")
        for _ in range(200):
            connection.execute("INSERT INTO filler VALUES (zeroblob(3000))")
        shutil.copy(whole, path)
        shutil.copy(tmp_path / "whole.db-journal", journal)
    before = path.read_bytes(), journal.read_bytes()
    if theirs:
        with pytest.raises(StoreError, match="another program"):
            Store(path)
        assert (path.read_bytes(), journal.read_bytes()) == before
    else:
        with Store(path):
            pass
        assert asked(path, "SELECT count(*) FROM filler") == 0


@pytest.mark.parametrize("schema", ["schema_1.sql", "schema_4.sql"])
def test_a_store_of_earlier_versions_is_ours_and_becomes_its_owners_alone(schema, tmp_path):
    path = sql(tmp_path / "old.db", (DATA / schema).read_text())
    path.chmod(0o644)
    with Store(path, read_only=True) as store:
        assert store.stats().tool_calls == 1 and list(store.export("tool_calls"))
    assert mode(path) == 0o644 and asked(path, "PRAGMA application_id") == 0, "it was only read"
    with Store(path) as store:
        save(store)
    assert mode(path) == 0o600 and asked(path, "PRAGMA application_id") == APPLICATION_ID
    path.chmod(0o644)


def test_a_store_that_others_came_to_read_is_its_owners_alone_again(tmp_path):
    path, copy = tmp_path / "store.db", tmp_path / "copy.db"
    with Store(path) as store:
        save(store)
        store.backup(copy)
        for file in tmp_path.iterdir():
            file.chmod(0o644)
        with Store(path, read_only=True):
            assert mode(path) == 0o644, "it was only read"
        with Store(path):
            assert {mode(file) for file in tmp_path.glob("store.db*")} == {0o600}
        store.backup(copy, overwrite=True)
        assert mode(copy) == 0o600
    for file in (path, copy):
        file.chmod(0o664)
    with Store(path) as store:
        store.backup(copy, overwrite=True)
    assert mode(path) == mode(copy) == 0o664, "others may write it"


def test_an_old_store_that_a_group_writes_stays_shared(tmp_path):
    path = sql(tmp_path / "old.db", (DATA / "schema_1.sql").read_text())
    path.chmod(0o664)
    with Store(path) as store:
        save(store)
    assert mode(path) == 0o664


@pytest.mark.parametrize("script", ["", f"PRAGMA application_id = {APPLICATION_ID}"])
def test_what_a_killed_process_began_is_gone_on_with(script, tmp_path):
    path = tmp_path / "new.db"
    path.touch()
    sql(path, script)
    with Store(path) as store:
        save(store)
        assert store.stats().clips == 1


def test_a_store_of_a_later_version_is_not_touched(own_store):
    with Store(own_store):
        pass
    later = "INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('audiorouter', 'm999_x')"
    sql(own_store, later)
    before = own_store.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"a later version .*pip install --upgrade"):
            Store(own_store, read_only=read_only)
    assert own_store.read_bytes() == before


# Who may read it


def test_a_new_store_and_what_lies_beside_it_are_its_owners_alone(tmp_path):
    umask = os.umask(0)
    try:
        with Store(tmp_path / "store.db") as store:
            save(store)
            files = sorted(tmp_path.glob("store.db*"))
            assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
            assert {mode(file) for file in files} == {0o600}
            store.backup(tmp_path / "copy.db")
    finally:
        os.umask(umask)
    assert mode(tmp_path / "copy.db") == 0o600


# Where nothing may be written


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


# Locks of others


def test_a_folder_that_somebody_keeps_locked_is_not_waited_for_for_ever(tmp_path, capfd):
    with (
        locked(tmp_path),
        pytest.raises(StoreError, match=f"kept the folder {tmp_path} locked .* another folder"),
    ):
        Store(tmp_path / "store.db", busy_seconds=0.2)
    assert "waiting for the store" in capfd.readouterr().err


def test_a_target_that_somebody_keeps_locked_is_not_waited_for_for_ever(tmp_path):
    target = tmp_path / "copy.db"
    with Store(tmp_path / "store.db", busy_seconds=0.2) as store:
        store.backup(target)
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreError, match="locked"):
                store.backup(target, overwrite=True)


# Backups


def test_a_backup_takes_the_place_of_nothing_unless_it_is_told_to(tmp_path):
    with Store(tmp_path / "store.db") as store, Store(tmp_path / "other.db") as other:
        save(other)
        with pytest.raises(StoreError, match="there already"):
            store.backup(tmp_path / "other.db")
        assert other.stats().clips == 1
        save(store)
        save(store, "b.wav")
        store.backup(tmp_path / "other.db", overwrite=True)
        foreign = sql(tmp_path / "foreign.db", "CREATE TABLE a (b)")
        for target in (foreign, DATA / "schema_1.sql"):
            before = target.read_bytes()
            with pytest.raises(StoreError, match="something else"):
                store.backup(target, overwrite=True)
            assert target.read_bytes() == before
    with Store(tmp_path / "other.db") as other:
        assert len(list(other.export("clip_files"))) == 2


def test_a_backup_that_failed_leaves_nothing(tmp_path, monkeypatch):
    with Store(tmp_path / "store.db") as store:
        store._connection.close()
        with pytest.raises(StoreError):
            store.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


# Network file systems


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
