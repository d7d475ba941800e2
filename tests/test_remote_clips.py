"""Clips that questions name by URLs: from the places that were named, off a real server."""

import errno
import sys
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from commands import run
from fsspec.implementations.memory import MemoryFileSystem
from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch import pipeline
from audiorouter.batch.planning.plan import make_plan
from audiorouter.cli.output import report_text
from audiorouter.cli.plan_tables import plan_report
from audiorouter.errors import ClipError, UsageError
from audiorouter.machine import remote_files
from audiorouter.machine.remote_files import RemotePlaces
from audiorouter.plugins import load_registry
from audiorouter.questions import remote_clips
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.toolbox.isolation import IsolatedWorker

SECRET = "sk-never-to-be-seen"


class FileServer(ThreadingHTTPServer):
    """Files by their paths; `leads` are paths that lead elsewhere."""

    daemon_threads = True

    def __init__(self, files=(), leads=()):
        super().__init__(("127.0.0.1", 0), FileHandler)
        self.files, self.leads, self.asked = dict(files), dict(leads), []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.shutdown()
        self.server_close()


class FileHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path in self.server.leads:
            self.send_response(302)
            self.send_header("Location", self.server.leads[path])
            self.send_header("Content-Length", "0")
            return self.end_headers()
        content = self.server.files.get(path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        return self.wfile.write(content or b"")

    def log_message(self, *_arguments):
        pass


class Bucket(MemoryFileSystem):
    """A storage of which we know nothing but that fsspec opens it."""

    protocol = "s3"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("s3://", "memory://"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, request):
    # The weights stay where they are.
    monkeypatch.setattr(remote_clips, "cache_dir", lambda: tmp_path / "cache")


@pytest.fixture
def wav(tone):
    return tone("here.wav", frequency=2000).read_bytes()


def questions(folder, *urls):
    path = folder / "q.csv"
    rows = [f"{url},What?,yes|no" for url in urls]
    path.write_text("\n".join(["audio,question,choices", *rows]) + "\n")
    return path


@pytest.fixture
def batch(clips, tmp_path):
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(AlwaysRight())

    def ask(*urls, work=run_batch, **options):
        options = {"provider": "fake", "router": "none", "store": tmp_path / "s.db"} | options
        return work(clips, questions(tmp_path, *urls), BatchOptions(**options), registry=registry)

    return ask


def complaints(result):
    return [row.complaint for row in result.rows]


def test_a_url_is_refused_unless_its_place_is_named(batch, wav):
    with FileServer({"/a/x.wav": wav}) as server:
        url = f"{server.url}/a/x.wav"
        (refused,) = complaints(batch(url, "here.wav"))[:1]
        assert refused == (
            f"line 2: the clip is a URL ({url}); --remote {server.url} permits it, or download it "
            "first"
        )
        elsewhere = [f"{server.url}/b", server.url.replace("http:", "https:"), f"{url}x"]
        inside = f"{server.url}/b/../a/x.wav"
        for place in elsewhere:
            assert "permits it" in complaints(batch(url, inside, "here.wav", remote=[place]))[0]
        assert not server.asked
        for keeping in (f"http://me:{SECRET}@h/x.wav", f"{url}?X-Amz-Signature={SECRET}"):
            (why, _) = complaints(batch(keeping, "here.wav", remote=[server.url, "http://h"]))
            assert ": leave " in why and SECRET not in why
        assert not server.asked


@pytest.mark.slow
def test_a_clip_is_fetched_once_and_a_bad_one_costs_its_row(batch, wav):
    with FileServer({"/x.wav": wav, "/%C3%A9%20y": wav, "/bad.wav": b"<html>"}) as server:
        urls = [f"{server.url}/{name}" for name in ("x.wav", "é%20y", "gone.wav?v=1", "bad.wav")]
        urls += [urls[0], "here.wav"]
        result = batch(*urls, remote=[f"{server.url}/"])
        first, odd, gone, bad, again, here = complaints(result)
        assert [first, odd, again, here] == [None] * 4
        assert gone == f"{server.url}/gone.wav is not there"
        assert bad is not None and server.asked.count("/x.wav") == 1
        assert result.rows[0].facts.audio_hash == result.rows[5].facts.audio_hash
        assert result.rows[0].fields()["audio"] == urls[0]
        # A second run fetches what is lacking, and a fresh one everything.
        server.asked.clear()
        batch(*urls, remote=[server.url])
        # A page in the place of a clip is none: it is asked for again.
        assert [path for path in server.asked if "gone" not in path] == ["/bad.wav"]
        batch(*urls, remote=[server.url], fresh=True)
        assert server.asked.count("/x.wav") == 1


def test_a_server_leads_to_no_place_that_was_not_named(batch, wav):
    with FileServer({"/x.wav": wav}) as other, FileServer() as server:
        server.leads |= {
            "/a.wav": f"{other.url}/x.wav?token={SECRET}",
            "/b.wav": "/c.wav",
        }
        server.files["/c.wav"] = wav
        urls = f"{server.url}/a.wav", f"{server.url}/b.wav"
        led, within = complaints(batch(*urls, remote=[server.url]))
        assert f"it leads to {other.url}/x.wav, which no --remote names" in led
        assert SECRET not in led and not other.asked and within is None
        assert complaints(batch(*urls, remote=[server.url, other.url])) == [None, None]


def test_what_is_too_large_or_too_slow_is_left(batch, wav, monkeypatch):
    with FileServer({"/x.wav": wav}) as server:
        monkeypatch.setattr(remote_files, "MOST_BYTES", 1000)
        (why, _) = complaints(batch(f"{server.url}/x.wav", "here.wav", remote=[server.url]))
        assert why == f"{server.url}/x.wav has more than 1,000 bytes"


def test_buckets_are_read_as_their_library_reads_them(batch, wav, monkeypatch):
    monkeypatch.setitem(sys.modules["fsspec.registry"]._registry, "s3", Bucket)
    with fsspec.open("memory://bucket/clips/x.wav", "wb") as stream:
        stream.write(wav)
    inside, outside = "s3://bucket/clips/x.wav", "s3://bucket/others/x.wav"
    found, refused, gone = complaints(
        batch(inside, outside, inside + "x", remote=["s3://bucket/clips"])
    )
    assert found is None and "the clip is a URL" in refused
    assert gone == "s3://bucket/clips/x.wavx is not there"


def test_the_plan_counts_what_it_has_to_fetch(batch, wav):
    with FileServer({"/x.wav": wav}) as server:
        plan = batch(f"{server.url}/x.wav", work=make_plan, remote=[server.url])
        assert plan.unanswerable == 0
        plan = batch("https://elsewhere/x.wav", work=make_plan, remote=[server.url])
    said = report_text(plan_report(plan))
    assert "1 cannot be answered as they stand, such as line 2: the clip is a URL" in said


def test_places_are_hosts_and_buckets(clips, tmp_path):
    path = questions(tmp_path, "here.wav")
    for place, why in (
        ("https://", "not a URL that begins with"),
        ("file:///etc", "not a URL that begins with"),
        (f"https://me:{SECRET}@host", "leave the key, user or password out of it"),
    ):
        said = run("batch", clips, path, "--remote", place, code=2).stderr
        assert why in said and SECRET not in said
    with pytest.raises(UsageError, match="--remote gs:// needs gcsfs: pip install gcsfs"):
        remote_files.check_installed(RemotePlaces.named(["gs://bucket"]))


def test_a_page_in_the_place_of_a_clip_is_asked_for_once_a_batch(batch, wav, monkeypatch):
    """However many rows name it: they come in slices, and no slice knows of the one before."""
    monkeypatch.setattr(pipeline, "ROWS_TOGETHER", 2)
    with FileServer({"/bad.wav": b"<html>", "/x.wav": wav}) as server:
        bad, gone = f"{server.url}/bad.wav", f"{server.url}/gone.wav"
        said = complaints(batch(*[bad, f"{server.url}/x.wav", gone] * 4, remote=[server.url]))
        assert sorted(server.asked) == ["/bad.wav", "/gone.wav", "/x.wav"]
        (why,) = set(said[::3])
        assert why.startswith(f"{bad}: ") and "remote" not in why
        assert set(said[1::3]) == {None} and set(said[2::3]) == {f"{gone} is not there"}


@pytest.mark.parametrize("fault", ["took longer than 1 s (--timeout)", "crashed (SIGSEGV)"])
def test_a_copy_stays_where_its_decoder_failed(batch, wav, monkeypatch, fault):
    """It may be sound all the same, and be two GiB."""

    async def failing(_worker, path, _timeout):
        raise ClipError(f"{path}: decoding it {fault}")

    with FileServer({"/x.wav": wav}) as server, monkeypatch.context() as patched:
        patched.setattr(IsolatedWorker, "open", failing)
        url = f"{server.url}/x.wav"
        assert complaints(batch(url, remote=[server.url])) == [f"{url}: decoding it {fault}"]
        patched.undo()
        assert complaints(batch(url, remote=[server.url])) == [None]
        assert server.asked == ["/x.wav"]


def test_a_clip_is_never_held_whole():
    """Sixteen are fetched at once, of up to two GiB each."""
    size = 64 << 20
    with FileServer({"/x.wav": b"\0" * size}) as server:
        clips = RemoteClips(RemotePlaces.named([server.url]))
        tracemalloc.start()
        try:
            clips.fetch(f"{server.url}/x.wav")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert clips.place_of(f"{server.url}/x.wav").stat().st_size == size
    assert most < size / 4


def test_what_breaks_off_leaves_nothing(tmp_path, wav, monkeypatch):
    with FileServer({"/x.wav": wav}) as server:
        clips = RemoteClips(RemotePlaces.named([server.url]))
        monkeypatch.setattr(remote_files, "MOST_BYTES", 1000)
        with pytest.raises(ClipError, match="more than"):
            clips.fetch(f"{server.url}/x.wav")
    assert not any((tmp_path / "cache" / "remote").iterdir())


def test_a_cache_without_room_is_named(tmp_path, wav, monkeypatch):
    """It is no fault of the URL."""

    def full(_source, _target):
        raise OSError(errno.ENOSPC, "No space left on device")

    with FileServer({"/x.wav": wav}) as server:
        clips = RemoteClips(RemotePlaces.named([server.url]))
        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(UsageError, match=r"cannot be written \(No space left"):
            clips.fetch(f"{server.url}/x.wav")
    assert not any((tmp_path / "cache" / "remote").iterdir())
