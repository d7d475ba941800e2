"""The store as a file among others: whose it is, and who may read it."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from filled_stores import asked, save, sql

from audiorouter.errors import StoreError
from audiorouter.machine.files import locked
from audiorouter.store import Store
from audiorouter.store.whose import APPLICATION_ID, is_store

DATA = Path(__file__).parent / "data"
MIGRATED_STORES = True


def mode(path):
    return path.stat().st_mode & 0o777


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


# Locks of others


def test_a_folder_that_somebody_keeps_locked_is_not_waited_for_for_ever(tmp_path, capfd):
    with (
        locked(tmp_path),
        pytest.raises(StoreError, match=f"kept the folder {tmp_path} locked .* another folder"),
    ):
        Store(tmp_path / "store.db", busy_seconds=0.005)
    assert "makes one in its folder ready: waiting" in capfd.readouterr().err


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
