"""Weights that plugins bring: listed, fetched, checked and refused as our own are."""

import functools
import hashlib
import http.server
import json
import threading

import pytest
from commands import run_in
from plugin_snippets import SNIPPETS, shown_below

from audiorouter.machine.called import python_to_type
from audiorouter.toolbox.availability import Licence

CONTENT = b'{"peak": 0.2}'
TOOL = shown_below("Weights of a tool's own")
NAME = "loudness-threshold"


@pytest.fixture
def server(tmp_path):
    """Serves a folder over HTTP; gives its address and the folder."""
    root = tmp_path / "served"
    root.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", root
        running.shutdown()


@pytest.fixture
def environment(with_plugins, tmp_path, server):
    """Where the tool of the document is a plugin whose weights lie on a server of our own."""
    source = TOOL.replace("https://example.org", server[0])
    return with_plugins(loud=source) | {"AUDIOROUTER_CACHE": str(tmp_path / "cache")}


def entry(environment, what, name):
    listed = json.loads(run_in(environment, what, "list", "--json").stdout)
    return next(one for one in listed if one["name"] == name)


@pytest.mark.slow
def test_a_tools_weights_are_pulled_checked_and_heard_with(environment, server, tone, tmp_path):
    address, root = server
    clip, file = tone(), tmp_path / "cache" / "weights" / NAME / "threshold.json"
    listed = entry(environment, "models", NAME)
    assert listed["state"] == "missing" and listed["source"] == f"{address}/threshold.json"
    again = python_to_type("-m", "audiorouter")  # as the command was called
    pull = f"weights {NAME} are missing: run `{again} models pull {NAME}`"
    assert entry(environment, "tools", "loud")["ready"] == pull
    assert pull in run_in(environment, "tools", "run", "loud", clip, code=2).stderr

    (root / "threshold.json").write_bytes(b'{"peak": 0.9}')
    refused = run_in(environment, "models", "pull", NAME, code=2).stderr
    assert "not the expected file (size or SHA-256 differ)" in refused and not file.exists()
    (root / "threshold.json").write_bytes(CONTENT * 1000)
    assert "not the expected" in run_in(environment, "models", "pull", NAME, code=2).stderr
    (root / "threshold.json").write_bytes(CONTENT)
    assert str(file.parent) in run_in(environment, "models", "pull", NAME).stdout
    assert file.read_bytes() == CONTENT and entry(environment, "models", NAME)["state"] == "ready"
    assert "is loud" in run_in(environment, "tools", "run", "loud", clip).stdout

    file.write_bytes(b'{"peak": 0.9}')  # as long as the right one
    assert entry(environment, "tools", "loud")["ready"].startswith(f"weights {NAME} are damaged")
    assert "are damaged" in run_in(environment, "tools", "run", "loud", clip, code=2).stderr
    assert "damaged" in run_in(environment, "models", "verify", NAME, code=1).stdout
    given = tmp_path / "given.json"
    given.write_bytes(CONTENT)
    run_in(environment, "models", "pull", NAME, "--from", given)
    assert "ready" in run_in(environment, "models", "verify", NAME).stdout
    without = run_in(environment, "--no-plugins", "models", "pull", NAME, code=2).stderr
    assert f"no set of weights '{NAME}'" in without


def test_the_weights_are_part_of_the_cache_key(add_plugin):
    digest = hashlib.sha256(CONTENT).hexdigest()
    identities = set()
    for sha256 in (digest, "0" * 64):
        state, registry = add_plugin(TOOL.replace(digest, sha256))
        assert state.registered == ["tool loud", f"weights {NAME}"]
        identities.add(registry.tools["loud"].identity)
    assert len(identities) == 2


def test_the_licence_of_weights_counts(add_plugin):
    from audiorouter.plugins.manager import settled

    _, registry = add_plugin(TOOL.replace("CC0-1.0", "CC BY-NC 4.0"))
    assert "CC BY-NC 4.0" in settled(registry, Licence.COMMERCIAL).left_out["loud"]


def test_what_the_hook_registers_is_known_though_no_tool_holds_it(add_plugin):
    state, registry = add_plugin(SNIPPETS["register_weights"])
    assert state.registered == ["weights choice-priors", "provider guesses"]
    assert [weights.name for weights in registry.weights_called(None)] == ["choice-priors"]


HOOK = """
from audiorouter import HubFile, WeightFile, Weights, WheelMember, hookimpl
GOOD = Weights("good", "fine", "MIT", (WeightFile("a", 1, "0" * 64),))
@hookimpl
def register_weights(register):
    register(WRONG)
    register(GOOD)
"""
FILE = 'WeightFile("a", 1, "0" * 64'
WRONG = {
    "no files": (
        'Weights("bad", "it", "MIT", ())',
        "weights 'bad': `files` is () (Tuple should have at least 1 item",
    ),
    "no description": ('Weights("bad", "", "MIT", (WeightFile("a", 1, "xyz"),))', "`description`"),
    "a bad hash": ('Weights("bad", "it", "MIT", (WeightFile("a", 1, "xyz"),))', "`files` is 'xyz'"),
    "a way out": (
        'Weights("bad", "it", "MIT", (WeightFile("../a", 1, "0" * 64),))',
        "`files` is '../a'",
    ),
    "a name that leads out": (f'Weights("../bad", "it", "MIT", ({FILE}),))', "`name` is '../bad'"),
    "a branch": (
        f'Weights("bad", "it", "MIT", ({FILE}, hub=HubFile("a/b", "main", "a")),))',
        "`files` is 'main'",
    ),
    "another protocol": (
        f'Weights("bad", "it", "MIT", ({FILE}, url="ftp://a/b"),))',
        "`files` is 'ftp://a/b'",
    ),
    "an option for a wheel": (
        f'Weights("bad", "it", "MIT", ({FILE}, (WheelMember("--pre", "1", "a"),)),))',
        "`files` is '--pre'",
    ),
    "a module of nobody": (
        f'Weights("bad", "it", "MIT", ({FILE}),), module="json")',
        "need both its `module` and its `distribution`",
    ),
    "a dictionary": ("{}", "{} is no Weights: derive"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_weights_are_refused_and_the_next_ones_are_there(add_plugin, name):
    wrong, complaint = WRONG[name]
    state, registry = add_plugin(HOOK.replace("WRONG", wrong))
    assert state.error is not None and complaint in state.error
    assert list(registry.weights) == ["good"]


@pytest.mark.slow
def test_a_taken_name_is_refused(with_plugins):
    environment = with_plugins(
        taken=TOOL.replace(NAME, "yamnet"),
        hook=HOOK.replace("WRONG", f'Weights("minilm", "mine", "MIT", ({FILE}),))'),
    )
    listed = {
        one["name"]: one
        for one in json.loads(run_in(environment, "plugins", "list", "--json").stdout)
    }
    assert "the name 'yamnet' of these weights is taken" in listed["taken"]["state"]
    assert listed["taken"]["registers"] == []
    assert "the name 'minilm' of these weights is taken" in listed["hook"]["state"]
    assert listed["hook"]["registers"] == ["weights good"]


@pytest.mark.slow
def test_lists_know_a_slow_plugins_weights_as_they_are_now(with_plugins, tmp_path):
    environment = with_plugins(slow=f"import time\ntime.sleep(0.5)\n{TOOL}")
    environment |= {"AUDIOROUTER_CACHE": str(tmp_path / "cache")}
    assert entry(environment, "models", NAME)["state"] == "missing"
    given = tmp_path / "threshold.json"
    given.write_bytes(CONTENT)
    run_in(environment, "models", "pull", NAME, "--from", given)
    assert entry(environment, "models", NAME)["state"] == "ready"
    assert entry(environment, "tools", "loud")["ready"] == "yes"


@pytest.mark.slow
def test_one_set_that_cannot_be_had_does_not_keep_the_others(with_plugins, tmp_path):
    environment = with_plugins(
        nowhere=HOOK.replace("WRONG", "GOOD"),
        loud=TOOL.replace("https://example.org/threshold.json", (tmp_path / "t.json").as_uri()),
    ) | {"AUDIOROUTER_CACHE": str(tmp_path / "cache")}
    (tmp_path / "t.json").write_bytes(CONTENT)
    done = run_in(environment, "models", "pull", "good", NAME, code=1)
    assert "good: a could not be had from any source" in done.stderr
    assert done.stdout.startswith(f"{NAME}: ")


def test_what_was_converted_goes_with_the_files_that_it_was_made_of(
    add_plugin, tmp_path, monkeypatch
):
    from audiorouter.weights import WeightFile, Weights, locate, pull

    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    converter = tmp_path / "converter.py"
    converter.write_text(
        "def double(folder, target):\n"
        "    (target / 'a').write_text(2 * (folder / 'a').read_text())\n"
        "def fails(folder, target):\n    raise SystemExit('no')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for text in ("first", "second"):
        source = tmp_path / "a"
        source.write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        file = WeightFile("a", len(text), digest, url=source.as_uri())
        weights = Weights("doubled", "it", "MIT", (file,), convert="converter:double")
        pull(weights)
        assert (locate(weights) / "a").read_text() == 2 * text
    from audiorouter.errors import WeightsError

    bad = Weights("fails", "it", "MIT", (file,), convert="converter:fails")
    with pytest.raises(WeightsError, match=r"fails: converter:fails could not convert.*: no"):
        pull(bad)
