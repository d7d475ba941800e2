"""Stores that killed processes left on a disk: sent, or kept where they cannot be; or none."""

from pathlib import Path

from audiorouter import BatchOptions
from audiorouter.batch.cluster.chunks import Chunk, ClipPlaces
from audiorouter.batch.cluster.driver import TRIES, Driver, _Worker
from audiorouter.batch.cluster.exchange import (
    STORE,
    send,
    send_left_behind,
    waiting,
)
from audiorouter.batch.cluster.run import alone_in
from audiorouter.machine.signals import StopSignals
from audiorouter.questions import Layout, QuestionSet
from audiorouter.store import Store


def left_by(folder: Path, name: str) -> Path:
    """Where a process of that name kept its store."""
    store = folder / name / STORE
    store.parent.mkdir(parents=True)
    return store


def test_what_was_left_is_sent_and_its_folder_goes(tmp_path):
    (exchange := tmp_path / "exchange").mkdir()
    Store(left_by(tmp_path / "own", "one")).close()
    left_by(tmp_path / "own", "killed-at-once").touch()
    send_left_behind(tmp_path / "own", exchange)
    assert len(waiting(exchange)) == 1
    assert list((tmp_path / "own").iterdir()) == []


def test_what_cannot_be_sent_stays_and_is_said(tmp_path, caplog):
    Store(store := left_by(tmp_path / "own", "one")).close()
    damaged = left_by(tmp_path / "own", "two")
    damaged.write_bytes(b"no database, but who knows what is lost with it")
    send_left_behind(tmp_path / "own", tmp_path / "an exchange that is not there")
    assert store.exists() and damaged.exists()
    assert str(store) in caplog.text and str(damaged) in caplog.text


def test_a_batch_leaves_nothing_behind_that_a_killed_one_had_begun(tmp_path):
    (exchange := tmp_path / "exchange").mkdir()
    Store(tmp_path / "store.db").close()
    with alone_in(exchange):
        (exchange / "seeds").mkdir()
        (exchange / "seeds" / "one.db").touch()
        (exchange / "two.db.part").touch()
        send(tmp_path / "store.db", exchange)
    assert list(exchange.iterdir()) == waiting(exchange) != []


def test_a_row_that_failed_for_a_known_reason_is_told_it(tmp_path):
    asked = QuestionSet(tmp_path, Layout.OURS, ())
    with Store(tmp_path / "s.db") as store:
        driver = Driver(
            None, store, tmp_path, asked, tmp_path, BatchOptions(), stop=StopSignals(), say=print
        )
    chunk = Chunk((ClipPlaces(tmp_path / "a.wav", (4, 7)),), failures=TRIES - 1)
    worker = _Worker("node", None, running={"ref": (chunk, None)})
    driver._failed(worker, "ref", "the reasoner is not there")
    assert driver.done.errors == dict.fromkeys((4, 7), "the reasoner is not there")
