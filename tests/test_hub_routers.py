"""Routers on the hub: asked for by name alone, and the same ones until somebody says otherwise."""

import json
import os
import shutil

import pytest
from commands import run_in
from conftest import EXAMPLES
from hub_server import running_hub

from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_router
from audiorouter.providers.checkpoints import locate
from audiorouter.routing.shipped import TRAINED_ROUTERS

TRAINED = TRAINED_ROUTERS / "cascade"
REPOSITORY = "somebody/router"


@pytest.fixture
def hub(tmp_path):
    with running_hub() as served:
        yield served


@pytest.fixture
def environment(hub, tmp_path):
    """Where a machine finds the hub, logged in, and nothing that was fetched before."""
    return os.environ | {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_TOKEN": "hf_secret",
        "AUDIOROUTER_CONFIG": str(tmp_path / "config"),
    }


def batch(environment, router, *, code=0):
    """A question that is asked by a router; gives what was said on stderr."""
    clips, questions = EXAMPLES / "clips", EXAMPLES / "questions.csv"
    asked = ("batch", clips, questions, "--limit", "1", "--router", router)
    return run_in(environment, *asked, code=code).stderr


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_stays_what_it_was_when_it_was_first_used(hub, environment, tmp_path):
    first = hub.push(REPOSITORY, TRAINED)
    batch(environment, f"hub:{REPOSITORY}")
    changed = tmp_path / "changed"
    shutil.copytree(TRAINED, changed)
    card = json.loads((changed / "router.json").read_text())
    (changed / "router.json").write_text(json.dumps(card | {"data_hash": "other"}))
    second = hub.push(REPOSITORY, changed)

    hub.asked.clear()
    batch(environment, REPOSITORY)  # by now it is known without the prefix
    assert not hub.asked
    runs = run_in(environment, "store", "export", "runs").stdout.splitlines()
    named = [json.loads(json.loads(run)["settings"])["router"] for run in runs]
    assert named == [f"hub:{REPOSITORY}@{first}"] * 2

    pulled = run_in(environment, "routers", "pull", REPOSITORY).stdout
    assert pulled.startswith(f"hub:{REPOSITORY}@{second}: ")
    lock = json.loads((tmp_path / "config" / "routers.lock.json").read_text())
    assert lock == {REPOSITORY: second}
    assert f"router hub:{REPOSITORY}@{second}" in batch(environment, f"hub:{REPOSITORY}")
    assert f"router hub:{REPOSITORY}@{first}" in batch(environment, named[0])

    (changed / "policy.safetensors").write_bytes(b"half of it")
    hub.push(REPOSITORY, changed)
    refused = run_in(environment, "routers", "pull", REPOSITORY, code=2)
    assert "policy.safetensors: " in refused.stderr
    assert json.loads((tmp_path / "config" / "routers.lock.json").read_text()) == {
        REPOSITORY: second
    }, "what nobody can load is not pinned"


@pytest.mark.slow
def test_what_may_be_a_folder_is_not_asked_for_on_the_hub(hub, environment, tmp_path):
    hub.push("runs/best", TRAINED)
    (tmp_path / "runs").mkdir()
    shutil.copytree(TRAINED, tmp_path / "runs" / "bests")
    for name in ("runs/best", str(tmp_path / "runs" / "best")):
        assert f"no router '{name}'" in batch(environment, name, code=2)
    assert "cannot be fetched from the hub" in batch(environment, "hub:nobody/router", code=2)
    assert hub.asked == ["/nobody/router/resolve/main/router.json"]


def test_who_mistyped_a_router_is_told_what_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    registry = load_registry(third_party=False)
    for folder in ("runs/bests", "routers/first"):
        shutil.copytree(TRAINED, tmp_path / folder)
    for typed, meant in {
        "runs/best": "runs/bests",
        "run/bests": "runs/bests",
        "routes/first": "routers/first",
        "ruls": "rules",
    }.items():
        with pytest.raises(UsageError, match=rf"'{typed}': did you mean '{meant}'\?"):
            open_router(registry, typed, provider="cascade")
    with pytest.raises(UsageError, match=r"'nothing/alike' \(known: none, .*hub:OWNER/NAME"):
        open_router(registry, "nothing/alike", provider="cascade")
    for typed in ("hub:", "hub:x", "hub:a/b/c", "hub:/x"):
        with pytest.raises(UsageError, match=f"{typed}: a router of the hub is hub:OWNER/NAME"):
            open_router(registry, typed, provider="cascade")


def test_a_model_in_a_folder_that_is_here_is_not_asked_for_on_the_hub(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_download", lambda *_, **__: pytest.fail("the hub was asked")
    )
    with pytest.raises(UsageError, match="no such folder in runs"):
        locate("runs/best", None)
