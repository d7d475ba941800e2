"""Homes that cannot be used, files that somebody damaged, and outputs that could not be written."""

import json
import os
from pathlib import Path

import pytest
from audio_server import AudioServer, Behaviour
from commands import run, run_apart

from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file, check_folder, write_file, write_whole

NOWHERE = "/dev/null/x"
"""Below a file: not even root makes a folder here."""


HOMELESS = {"AUDIOROUTER_CONFIG": NOWHERE, "AUDIOROUTER_CACHE": NOWHERE, "HOME": "/proc"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, ""),
        (["tools", "list"], 0, ""),
        (["keys", "list", "--json"], 0, ""),
        (["keys", "set", "mine"], 2, NOWHERE),
        (["plugins", "sync"], 0, "names no plugin"),
        (["plugins", "install", "anything"], 2, NOWHERE),
        (["plugins", "new", f"{NOWHERE}/audiorouter-a"], 2, f"{NOWHERE}/audiorouter-a"),
        (["plugins", "new", "/dev/null"], 2, "/dev/null"),
        (["models", "pull", "yamnet"], 2, NOWHERE),
        (["--db", f"{NOWHERE}.db", "store", "stats"], 2, f"{NOWHERE}.db"),
        (["--db", "/proc/x.db", "store", "stats"], 2, "/proc/x.db"),
    ],
)
def test_folders_that_cannot_be_used_are_done_without_or_named(arguments, code, said):
    assert said in run_apart(*arguments, code=code, **HOMELESS).stderr


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    import pwd

    from audiorouter.machine import paths
    from audiorouter.plugins import snapshots

    def nobody(_uid):
        raise KeyError("uid")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "AUDIOROUTER_DB", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for find, variable in (
        (paths.cache_dir, "AUDIOROUTER_CACHE"),
        (paths.config_dir, "AUDIOROUTER_CONFIG"),
        (paths.default_store_path, "AUDIOROUTER_DB"),
    ):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(UsageError, match=variable):
            find()
        monkeypatch.setenv(variable, "~/here")
        with pytest.raises(UsageError, match=variable):
            find()
    monkeypatch.delenv("AUDIOROUTER_CACHE")
    snapshots._read.cache_clear()
    assert not snapshots.any_offers("command")
    snapshots._read.cache_clear()


ENTRY = {"offers": [], "seconds": 0.1, "error": None, "crash": None}
OFFER = {"kind": "command", "name": "x", "about": {}}
DAMAGED = {
    "no JSON": b"{",
    "binary": bytes(range(256)),
    "a list": b"[1]",
    "deep": b"[" * 200_000,
    "huge": b'{"a": "' + b"x" * (5 << 20) + b'"}',
    "a number": json.dumps({"a": 3}).encode(),
    "no offers": json.dumps({"a": {**ENTRY, "offers": None}}).encode(),
    "offers of text": json.dumps({"a": {**ENTRY, "offers": ["x"]}}).encode(),
    "an offer without a name": json.dumps({"a": {**ENTRY, "offers": [{"kind": "x"}]}}).encode(),
    "what an offer is about": json.dumps(
        {"a": {**ENTRY, "offers": [{**OFFER, "about": {"description": 3}}]}}
    ).encode(),
    "seconds in words": json.dumps({"a": {**ENTRY, "seconds": "few"}}).encode(),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_cache_of_plugins_is_as_good_as_none(tmp_path, monkeypatch, name):
    from audiorouter.plugins import snapshots

    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path))
    (tmp_path / "plugins.json").write_bytes(DAMAGED[name])
    snapshots._read.cache_clear()
    assert not snapshots.any_offers("command")
    # It is replaced by the next that is kept.
    snapshots._keep("key", snapshots.Snapshot([snapshots.Offer("command", "hello")], 0.5))
    assert snapshots.any_offers("command")
    snapshots._read.cache_clear()
    assert list(json.loads((tmp_path / "plugins.json").read_text())) == ["key"]


@pytest.mark.parametrize("name", ["no JSON", "a list", "deep", "what an offer is about"])
def test_help_needs_no_whole_cache(tmp_path, name):
    from audiorouter.plugins import snapshots

    (tmp_path / "plugins.json").write_bytes(DAMAGED[name])
    (tmp_path / "verified.json").write_bytes(DAMAGED[name])
    snapshots._read.cache_clear()
    done = run("--help", AUDIOROUTER_CACHE=tmp_path)
    assert done.stderr == "" and "batch" in done.stdout
    assert run("models", "list", "--json", AUDIOROUTER_CACHE=tmp_path).stderr == ""
    snapshots._read.cache_clear()


@pytest.mark.parametrize("content", [*DAMAGED.values(), b'{"plugins": {"a": {"spec": 1}}}'])
def test_damaged_settings_are_named(tmp_path, monkeypatch, content):
    from audiorouter.machine.credentials import get_key
    from audiorouter.plugins.lock import read_lock

    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path))
    for name, read in (
        ("plugins.lock.json", read_lock),
        ("keys.json", lambda: get_key("nobody")),
    ):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
        with pytest.raises(UsageError, match=name) as caught:
            read()
        assert len(str(caught.value)) < 500
    assert "plugins.lock.json" in run("plugins", "sync", code=2).stderr
    assert "keys.json" in run("keys", "list", code=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["batch", "nowhere", "nowhere.csv", "--report", "BAD"],
        ["batch", "nowhere", "nowhere.csv", "-o", "BAD.csv"],
        ["evaluate", "nowhere.csv", "--clips", "nowhere", "--json", "BAD"],
        ["evaluate", "nowhere.csv", "--clips", "nowhere", "--report", "BAD"],
        ["train", "nowhere.csv", "--clips", "nowhere", "-o", "BAD"],
        ["store", "backup", "BAD"],
    ],
)
def test_an_output_that_cannot_be_written_is_found_before_anything_else(arguments):
    bad = [one.replace("BAD", f"{NOWHERE}/out") for one in arguments]
    # What `evaluate` imports may take seconds, and then it says that it starts.
    said = run(*bad, code=2).stderr.removeprefix("audiorouter: starting\n")
    assert said.startswith(f"audiorouter: {NOWHERE}/out")


def test_targets_are_checked_without_leaving_a_trace(tmp_path):
    check_file(tmp_path / "new.csv")
    check_folder(tmp_path / "a" / "b")
    (tmp_path / "old.csv").write_text("old")
    check_file(tmp_path / "old.csv")
    check_file(Path("/dev/null"))
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.csv", "round"]
    for bad in (tmp_path, tmp_path / "no" / "x", tmp_path / "old.csv" / "x", tmp_path / "round"):
        with pytest.raises(UsageError, match=str(bad)):
            check_file(bad)
    for bad in (tmp_path / "old.csv", tmp_path / "old.csv" / "x", Path("/proc/x")):
        with pytest.raises(UsageError, match=str(bad)):
            check_folder(bad)
    with pytest.raises(UsageError, match="x" * 300):
        check_file(tmp_path / ("x" * 300))


def test_a_file_is_written_whole_a_link_stays_and_a_device_too(tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_whole(tmp_path / "link.csv", "é \ud800\n")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == "é \\ud800\n".encode()
    write_whole(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(UsageError, match="/dev/full: cannot be written"):
        write_file(Path("/dev/full"), "x")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("former", [0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode_and_its_link(tmp_path, former):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(former)
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_whole(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_text() == "new"
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == former
    write_whole(tmp_path / "link.csv", "newer", private=True)
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o600


def test_a_new_file_has_the_mode_that_files_have_here(tmp_path):
    umask = os.umask(0o027)
    try:
        write_whole(tmp_path / "new.csv", "new")
    finally:
        os.umask(umask)
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_that_root_replaces_stays_its_owners(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    os.chown(tmp_path / "a.csv", 1234, 1235)
    write_whole(tmp_path / "a.csv", "new")
    status = (tmp_path / "a.csv").stat()
    assert (status.st_uid, status.st_gid) == (1234, 1235)


@pytest.mark.slow
def test_answers_and_report_take_the_place_of_private_files_as_they_are(tmp_path, clips, tone):
    tone("a.wav")
    (tmp_path / "q.csv").write_text("audio,question,choices\na.wav,High or low?,high|low\n")
    for name in ("a.csv", "a.html"):
        (tmp_path / f"real-{name}").write_text("old")
        (tmp_path / f"real-{name}").chmod(0o600)
        (tmp_path / name).symlink_to(f"real-{name}")
    with AudioServer(Behaviour()) as server:
        run(
            *("batch", clips, tmp_path / "q.csv", "--router", "none", "--provider", "openai:ears"),
            *("--base-url", server.url, "-P", "check_audio=false"),
            *("-o", tmp_path / "a.csv", "--report", tmp_path / "a.html"),
        )
    for name in ("a.csv", "a.html"):
        assert (tmp_path / name).is_symlink() and "High or low?" in (tmp_path / name).read_text()
        assert (tmp_path / f"real-{name}").stat().st_mode & 0o777 == 0o600
