"""Which clip a row means, also where its name is not quite the file's."""

import unicodedata
from pathlib import Path

import pytest

from audiorouter.questions.clip_names import ClipNames, NoClipError, clip_name

CLIPS = [
    "Take 1.wav",
    "deep/er/b.flac",
    "deep/x.WAV",
    "naïve.mp3",
    "notes.txt",
    "twice/x2.wav",
    "007.wav",
]


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "data" / "recordings"
    for name in [*CLIPS, "x2.ogg", "other/x2.wav", ".git/secret.wav"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


@pytest.fixture
def names(folder, tmp_path) -> ClipNames:
    return ClipNames(folder, tmp_path)


@pytest.mark.parametrize("name", ["Take 1.wav", "./deep/x.WAV", "deep/../deep/x.WAV", "notes.txt"])
def test_a_files_own_name_needs_no_remark(names, name):
    assert names.find(name).remark is None


def test_beside_the_questions_file_is_a_place_too(names, tmp_path):
    (tmp_path / "beside.wav").touch()
    assert names.find("beside.wav").path == tmp_path / "beside.wav"


@pytest.mark.parametrize(
    ("name", "file"),
    {
        "take 1.WAV": "Take 1.wav",
        "Take%201.wav": "Take 1.wav",
        "Take 1": "Take 1.wav",
        "TAKE 1": "Take 1.wav",
        "deep\\er\\b.flac": "deep/er/b.flac",
        ".\\deep\\x": "deep/x.WAV",
        "x.wav": "deep/x.WAV",
        "er/b.flac": "deep/er/b.flac",
        "b": "deep/er/b.flac",
        "x2": "x2.ogg",
        unicodedata.normalize("NFD", "naïve.mp3"): "naïve.mp3",
        "recordings/deep/x.WAV": "deep/x.WAV",
        "data/recordings/deep/x": "deep/x.WAV",
        "./recordings/Take 1.wav": "Take 1.wav",
        "D:\\corpus\\recordings\\deep\\x.wav": "deep/x.WAV",
        "/home/someone/recordings/naïve.mp3": "naïve.mp3",
        "~/recordings/naïve.mp3": "naïve.mp3",
        "007.0": "007.wav",
    }.items(),
)
def test_a_name_that_nearly_fits_is_found_and_said(names, folder, name, file):
    found = names.find(name)
    assert found.path == folder / file
    assert found.remark == f"the clip {name} is read from {file}"


@pytest.mark.parametrize(
    ("name", "complaint"),
    {
        "x2.wav": "it may be called other/x2.wav or twice/x2.wav",
        "deep/Take 1.wav": "the nearest name is Take 1.wav",  # a folder that it is not in
        "elsewhere/recordings/x3.wav": "no clip elsewhere/recordings/x3.wav",
        "Take 2.wav": "the nearest name is Take 1.wav",
        "naïve.wav": "the nearest name is naïve.mp3",
        "secret.wav": "no clip secret.wav",
        "notes": "no clip notes",
        "deep": "no clip deep in .*: it is a folder",
        "qqqqqqqqqqqq.wav": "recordings$",
        "../recordings.wav": "lies outside",
        "/etc/hostname": "lies outside",
        "file:///etc/hostname": "lies outside",
        "https://example.org/x.wav": "is a URL",
        "a\0b": "no file can have",
        "": "no clip is named",
    }.items(),
)
def test_a_name_that_does_not_fit_is_an_error_with_a_hint(names, name, complaint):
    with pytest.raises(NoClipError, match=complaint):
        names.find(name)


def test_a_full_path_beats_the_end_of_one(names, folder):
    (folder / "TAKE 3.wav").touch()
    (folder / "deep/take 3.wav").touch()
    assert names.find("Take 3.wav").path == folder / "TAKE 3.wav"


def test_of_names_that_differ_in_case_alone_neither_is_guessed(names, folder):
    (folder / "take 1.wav").touch()
    assert names.find("Take 1.wav").path == folder / "Take 1.wav"
    with pytest.raises(NoClipError, match=r"Take 1\.wav or take 1\.wav"):
        names.find("TAKE 1.wav")


def test_a_folder_made_of_links_is_read_and_a_broken_link_named(tmp_path):
    snapshot, blobs = tmp_path / "snapshots" / "abc", tmp_path / "blobs"
    for folder in (snapshot, blobs):
        folder.mkdir(parents=True)
    (blobs / "1f").touch()
    (snapshot / "a.wav").symlink_to(blobs / "1f")
    (snapshot / "b.wav").symlink_to("../../.git/annex/objects/gone")
    names = ClipNames(snapshot, snapshot)
    assert names.find("a.wav").path == snapshot / "a.wav"
    assert names.find("A").path == snapshot / "a.wav"
    for name, complaint in (("b.wav", "leads to nothing"), ("B.wav", "no clip")):
        with pytest.raises(NoClipError, match=complaint):
            names.find(name)


def test_bytes_that_stood_in_the_row_come_before_names_that_nearly_fit(
    names, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    assert names.keep("Take 1.wav", b"RIFF other") is None
    kept = names.keep("take 1.wav", b"fLaC!")
    assert kept.read_bytes() == b"fLaC!" and kept.suffix == ".flac"
    assert names.keep("another name", b"fLaC!") == kept
    assert names.find("take 1.wav", kept).path == kept
    assert names.find("Take 1.wav", kept).path == folder / "Take 1.wav"
    assert names.find("https://example.org/x.wav", kept).path == kept


def test_what_names_the_clip_in_a_cell():
    assert clip_name(["a.wav"]) == clip_name({"path": "a.wav"}) == clip_name("a.wav") == "a.wav"
    assert clip_name([{"src": "https://h/a.wav", "type": "audio/wav"}]) == "https://h/a.wav"
    assert clip_name(["a.wav", "b.wav"]) == ["a.wav", "b.wav"]
