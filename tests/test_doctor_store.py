"""What `audiorouter doctor` says of the store, which it leaves as it is."""

import os
import sqlite3

import pytest
from doctor_looks import look, said, worst

from audiorouter.doctor import Verdict
from audiorouter.doctor.store import store
from audiorouter.machine import mounts
from audiorouter.store import Store
from audiorouter.store.database import LATEST_MIGRATION


def test_a_store_is_looked_at_and_left_as_it_is(tmp_path):
    path = tmp_path / "store.db"
    with Store(path):
        pass
    before = path.read_bytes()
    checks = look(store, tmp_path)
    assert worst(checks) is Verdict.OK
    assert "0 tool calls, 0 answers, 0 runs" in said(checks)
    path.chmod(0o644)
    assert "chmod 600" in said(look(store, tmp_path))
    assert path.read_bytes() == before


def test_a_store_of_an_earlier_or_a_later_version_is_said(tmp_path):
    path = tmp_path / "store.db"
    with Store(path):
        pass
    rename = "UPDATE _sqlite_migrations SET name = ? WHERE name = ?"
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = ?", [LATEST_MIGRATION])
    assert f"is brought to {LATEST_MIGRATION}" in said(look(store, tmp_path))
    with sqlite3.connect(path) as database:
        database.execute(rename, ["m999_later", "m010_run_provenance"])
        database.execute(
            "UPDATE _sqlite_migrations SET name = 'm999_later' WHERE rowid = "
            "(SELECT max(rowid) FROM _sqlite_migrations)"
        )
    checks = look(store, tmp_path)
    assert worst(checks) is Verdict.PROBLEM
    assert "m999_later" in said(checks) and "pip install --upgrade" in said(checks)


def test_a_database_of_another_program_is_a_problem(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    checks = look(store, tmp_path, store=path)
    assert worst(checks) is Verdict.PROBLEM
    assert "another program" in said(checks)


@pytest.mark.parametrize("make, kind", [(os.mkdir, "a folder"), (os.mkfifo, "a named pipe")])
def test_a_store_that_is_no_file_is_a_problem_that_permissions_do_not_mend(tmp_path, make, kind):
    make(tmp_path / "store.db")
    checks = look(store, tmp_path)
    assert worst(checks) is Verdict.PROBLEM and f"is {kind}" in said(checks)
    assert "choose another file by --db" in said(checks) and "chmod" not in said(checks)


def test_a_store_on_a_network_file_system_is_a_warning(tmp_path, monkeypatch):
    listed = tmp_path / "mountinfo"
    listed.write_text(f"1 1 0:1 / {tmp_path} rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", listed)
    checks = look(store, tmp_path)
    assert worst(checks) is Verdict.WARNING
    assert "nfs4" in said(checks)


def test_a_folder_that_takes_no_files_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    checks = look(store, tmp_path, store=tmp_path / "file" / "store.db")
    assert worst(checks) is Verdict.PROBLEM
