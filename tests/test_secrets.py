"""Keys, tokens and passwords: what they are sent to, shown in and kept in."""

import json
import os

import pytest
from audio_server import AudioServer, Behaviour
from commands import run

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.credentials import (
    command_without_secrets,
    key_for,
    keys_path,
    known_keys,
    remove_key,
    set_key,
)
from audiorouter.machine.secrets import blanked, blanked_bytes, hashed, secrets_in
from audiorouter.machine.urls import check_url, check_variable, without_secrets
from audiorouter.plugins import load_registry
from audiorouter.plugins.install import install
from audiorouter.plugins.opening import open_reasoner
from audiorouter.plugins.specs import check_specs
from audiorouter.store import Store

REGISTRY = load_registry(third_party=False)
SECRET = "sk-never-to-be-seen-0123456789-0123456789"
SLASHED = "sk-never/to/be/seen/0123456789"


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    for name in list(os.environ):
        if name.startswith("OPENAI_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MINE_API_KEY", SECRET)


@pytest.fixture
def request_(tone):
    return Request(tone("high.wav", frequency=2000), "h", "High or low?", ("low", "high"))


WITH_SECRETS = [
    f"https://user:{SECRET}@127.0.0.1/v1",
    f"https://{SECRET}@127.0.0.1/v1",
    f"http://127.0.0.1/v1?api_key={SECRET}",
    f"http://127.0.0.1/v1?version=1&x-api-Key={SECRET}",
    f"http://127.0.0.1/v1#access_token={SECRET}",
    f"user:{SECRET}@127.0.0.1/v1",
    f"http://user:{SECRET}@[::1/v1",
    f"https://{SECRET}:{SLASHED}@127.0.0.1/v1",
]


@pytest.mark.parametrize("url", WITH_SECRETS)
def test_a_url_with_a_secret_is_refused_wherever_it_is_given_and_not_shown(url, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    for refused in (
        lambda: check_url(url, "the URL"),
        lambda: check_variable("OPENAI_BASE_URL"),
        lambda: open_reasoner(REGISTRY, "openai:ears"),
        lambda: open_reasoner(REGISTRY, "openai:ears", {"base_url": url}),
    ):
        with pytest.raises(UsageError) as caught:
            refused()
        assert SECRET not in str(caught.value) and "user" not in without_secrets(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://host.example:8443/team/v1",
        "https://host.example/openai?api-version=2024-10-21&max_tokens=5",
    ],
)
def test_a_url_without_secrets_is_taken_as_it_is(url):
    assert check_url(url, "the URL") == url
    ssh = "git+ssh://git@host.example/plugin.git"
    assert check_url(ssh, "the plugin", schemes=["git+ssh"]) == ssh


def test_what_a_server_repeats_of_a_key_is_not_kept(request_, tmp_path):
    (tmp_path / "q.csv").write_text("audio,question\nhigh.wav,What did I send?\n")
    with AudioServer(Behaviour(echoes=True)) as running:
        options = BatchOptions(
            provider="openai:ears",
            provider_options={"base_url": running.url, "key": "mine"},
            router="none",
            output=tmp_path / "answers.json",
        )
        result = run_batch(request_.clip.parent, tmp_path / "q.csv", options)
        assert running.behaviour.headers[0]["authorization"] == f"Bearer {SECRET}"
    assert result.rows[0].prediction == "You sent Bearer …"
    said = repr(result) + (tmp_path / "answers.json").read_text()
    with Store(options.store_path) as store:
        for table in ("answers", "runs", "run_rows"):
            said += repr(list(store.export(table)))
    assert SECRET not in said


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(sends=(400, "application/json", json.dumps({"error": f"no: {SECRET}"}))),
        Behaviour(sends=(200, "text/html", f"<title>{SECRET}</title>")),
        Behaviour(refuses={"temperature": f"temperature is not supported by {SECRET}"}),
        # It is cut where a message gets too long, in the middle of the key.
        Behaviour(sends=(200, "text/plain", "x" * 185 + SECRET)),
    ],
)
def test_what_a_server_repeats_of_a_key_is_not_said(behaviour, request_):
    with AudioServer(behaviour) as running:
        reasoner = open_reasoner(
            REGISTRY, "openai:ears", {"base_url": running.url, "key": "mine", "attempts": 1}
        )
        try:
            said = str(reasoner.answer([request_]))
        except ReasonerError as error:
            said = str(error)
    assert SECRET[:10] not in said + str(reasoner.remarks)


def test_placeholders_are_no_secrets():
    assert blanked("none of them is x", ["none", "x"]) == "none of them is x"
    # PHP and others write a slash like this in JSON.
    said = SLASHED.replace("/", r"\/").encode()
    assert blanked_bytes(said + b"!", [SECRET, SLASHED]).decode() == "…!"


def test_secrets_in_what_else_is_sent_are_not_kept(request_, tmp_path):
    with AudioServer(Behaviour(echoes=True)) as running:
        extra = {"seed": 1, "gateway": [{"apiKey": SECRET}]}
        reasoner = open_reasoner(
            REGISTRY, "openai:ears", {"base_url": running.url, "extra_body": extra}
        )
        assert SECRET not in reasoner.identity and '"seed": 1' in reasoner.identity
        reasoner.answer([request_])
        assert running.behaviour.bodies[0]["gateway"] == extra["gateway"], "it is sent"
        running.behaviour.sends = (400, "application/json", json.dumps({"error": SECRET}))
        with pytest.raises(ReasonerError) as caught:
            reasoner.answer([request_])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-P", f"key={SECRET}"],
        ["-P", SECRET],
        ["-P", "key=mine", "-P", f"key={SECRET}"],
        ["--base-url", f"http://u:{SECRET}@127.0.0.1/v1"],
        ["-P", f"max_tokens={SECRET}"],
        ["-P", f"extra_body={SECRET}"],
    ],
)
def test_a_key_in_the_wrong_place_is_not_shown(arguments, request_, tmp_path):
    (tmp_path / "q.csv").write_text("audio,question\nhigh.wav,What?\n")
    batch = ["batch", request_.clip.parent, tmp_path / "q.csv", "--provider", "openai:ears"]
    said = run(*batch, "--router", "none", *arguments, code=2)
    assert SECRET not in said.stdout + said.stderr


def test_a_key_is_no_name_of_a_key():
    for refused in (lambda: set_key(SECRET, "other"), lambda: remove_key(SECRET)):
        with pytest.raises(UsageError) as caught:
            refused()
        assert SECRET not in str(caught.value)


ENVIRONMENT = {
    "OPENAI_ORG_ID": "org-mine",
    "OPENAI_PROJECT_ID": "project-mine",
    "OPENAI_ADMIN_KEY": "admin-mine",
    "OPENAI_WEBHOOK_SECRET": "webhook-mine",
    "OPENAI_CUSTOM_HEADERS": "X-Gateway: header-mine\nAuthorization: Bearer token-mine",
}


@pytest.mark.parametrize("by", ["option", "variable"])
def test_whose_customer_one_is_concerns_openai_alone(by, request_, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with AudioServer(Behaviour()) as running:
        options = {"base_url": running.url}
        if by == "variable":
            monkeypatch.setenv("OPENAI_BASE_URL", running.url)
            options = {}
        open_reasoner(REGISTRY, "openai:ears", options).answer([request_])
        sent = json.dumps(running.behaviour.headers)
    mine = {word for value in ENVIRONMENT.values() for word in value.split() if "mine" in word}
    allowed = {"header-mine", "token-mine"} if by == "variable" else set()
    assert {word for word in mine if word in sent} == allowed, sent


def test_openai_is_told_whose_customer_one_is(monkeypatch):
    from audiorouter.providers.openai.session import _headers

    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: mine")
    for url in (None, "https://eu.api.openai.com/v1"):
        assert not {"OpenAI-Organization", "X-Gateway"} & _headers(url, "key").keys()
    for url in (
        "https://api.openai.com.example/v1",
        "https://example.org/api.openai.com",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
    ):
        assert {"OpenAI-Organization", "X-Gateway"} <= _headers(url, "key").keys()


@pytest.mark.slow
def test_keys_that_are_set_at_once_are_all_kept():
    ready, go = os.pipe()
    children = []
    for number in range(12):
        if not (child := os.fork()):
            os.close(go)
            os.read(ready, 1)  # until the other end is closed, for all at once
            try:
                set_key(f"key{number}", SECRET)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    os.close(go)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 12
    assert len([key for key in known_keys() if key.name.startswith("key")]) == 12
    assert keys_path().stat().st_mode & 0o777 == 0o600


def test_a_file_of_keys_that_somebody_keeps_locked_is_not_waited_for_for_ever(monkeypatch):
    from audiorouter.machine import credentials
    from audiorouter.machine.files import locked

    set_key("one", SECRET)
    monkeypatch.setattr(credentials, "_LOCK_SECONDS", 0.2)
    with (
        locked(keys_path().parent),
        pytest.raises(UsageError, match=r"keys\.json: cannot be written \(another process keeps"),
    ):
        set_key("two", SECRET)
    assert [key.name for key in known_keys()] == ["one"]


@pytest.mark.parametrize(
    "spec",
    [
        f"https://me:{SECRET}@host.example/plugin.whl",
        f"plugin @ git+https://{SECRET}@host.example/plugin.git@main",
        f"git+ssh://git:{SECRET}@host.example/plugin.git",
        f"plugin @ https://host.example/plugin.whl?private_token={SECRET}",
    ],
)
def test_a_plugin_with_a_secret_in_its_url_is_not_installed(spec):
    with pytest.raises(UsageError, match=r"the plugin .*out of it") as caught:
        install([spec])
    assert SECRET not in str(caught.value)


def test_where_plugins_come_from_usually_is_no_secret():
    check_specs([
        "audiorouter-some",
        "./folder",
        "plugin @ git+https://host.example/plugin.git@v1.0#subdirectory=a",
        "git+ssh://git@host.example/plugin.git",
        "https://host.example/plugin-1.0-py3-none-any.whl#sha256=0123",
        "file:///home/me/plugin.whl",
    ])  # fmt: skip


JSON_TYPE = "application/json"
EVENTS = "text/event-stream"


def _whole(**message):
    return json.dumps({"choices": [{"finish_reason": "stop", "message": message}]})


def _events(*deltas):
    choices = [[{"index": 0, "delta": delta}] for delta in deltas]
    lines = [f"data: {json.dumps({'choices': choice})}\n\n" for choice in choices]
    return "".join([*lines, "data: [DONE]\n\n"])


HALF = len(SECRET) // 2
HALVES = [SECRET[:HALF], SECRET[HALF:]]
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in SECRET)


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(sends=(200, EVENTS, _events(*({"content": half} for half in HALVES)))),
        Behaviour(sends=(200, EVENTS, _events(*({"refusal": half} for half in HALVES)))),
        Behaviour(
            sends=(200, JSON_TYPE, _whole(content=[{"type": "text", "text": h} for h in HALVES]))
        ),
        Behaviour(
            sends=(200, JSON_TYPE, _whole(content="", reasoning=f"{'x' * 195}{SECRET}"))
        ),
        Behaviour(sends=(200, JSON_TYPE, _whole(content="SAID").replace("SAID", ESCAPED))),
        Behaviour(sends=(400, JSON_TYPE, f'{{"error": "{"x" * 490}{ESCAPED}"}}')),
        Behaviour(sends=(400, JSON_TYPE, f'{{"error": {{"param": "{ESCAPED}", "message": "x"}}}}')),
        Behaviour(sends=(200, JSON_TYPE, "{}"), packed=f"{'x' * 30}{SECRET}"),
        Behaviour(leads_to=f"http://{SECRET}/v1"),
        Behaviour(leads_to=f"http://{'x' * 400}.{SECRET}/v1"),
        Behaviour(leads_to=f"/r/{SECRET}"),
        Behaviour(leads_to=f"/r/{'x' * 1885}{SECRET}"),
    ],
    ids=lambda behaviour: str(behaviour.leads_to or behaviour.packed or behaviour.sends[2])[:40],
)  # fmt: skip
def test_a_key_in_pieces_or_in_disguise_is_neither_kept_nor_said(behaviour, request_):
    asked = Request(request_.clip, "h", "What did I send?", ())
    if behaviour.leads_to and behaviour.leads_to.startswith("/r/"):
        behaviour.sends = (400, JSON_TYPE, '{"error": "Unsupported parameter: temperature"}')
    with AudioServer(behaviour) as running:
        options = {"key": "mine", "attempts": 1, "temperature": 0.5, "check_audio": False}
        reasoner = open_reasoner(REGISTRY, "openai:ears", {"base_url": running.url, **options})
        try:
            said = str(reasoner.answer([asked]))
        except ReasonerError as error:
            said = str(error)
    said += str(reasoner.remarks)
    for part in (SECRET[:10], SECRET[-10:]):
        assert part not in said.lower(), said


def test_headers_of_the_users_own_are_secrets(request_, monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Gateway: Bearer {SECRET}\nX-Mode: something")
    with AudioServer(Behaviour(says=f"something about {SECRET}")) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        asked = Request(request_.clip, "h", "What did I send?", ())
        answer = open_reasoner(REGISTRY, "openai:ears").answer([asked])[0]
        assert SECRET in running.behaviour.headers[0]["x-gateway"]
    assert answer.text == "something about …"


NAMES = ["apiKey", "token", "jwt", "sig", "pwd", "credential", "credentials", "signature", "auth"]


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_command_knows_every_name_of_a_secret(name, monkeypatch):
    monkeypatch.setenv(f"MY_{name.upper()}", "abcdefgh12345")
    monkeypatch.setenv("PWD", "/home/somebody")
    given = [f'extra_body={{"{name}": "s3"}}', f"{name}=s3", f"--url=http://h/?{name}=s3"]
    kept = command_without_secrets([*given, "abcdefgh12345", "/home/somebody/design.csv", "a=sign"])
    assert "s3" not in kept and "abcdefgh" not in kept
    assert "/home/somebody/design.csv" in kept and "a=sign" in kept


@pytest.mark.parametrize("value", [SECRET, [SECRET, None], {"of": {"me": SECRET}}, 8_123_456_789])
def test_whatever_stands_under_the_name_of_a_secret_is_one(value):
    sent = {"gateway": [{"credentials": value, "seed": 1}]}
    secrets = secrets_in(sent)
    assert secrets == [str(8_123_456_789) if isinstance(value, int) else SECRET]
    kept = hashed(sent)["gateway"][0]
    assert kept["credentials"].startswith("sha256:") and kept["seed"] == 1
    assert hashed(sent) == hashed(sent) != hashed({"gateway": [{"credentials": "x", "seed": 1}]})


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_known_host_gets_its_key_by_https_at_the_usual_port_alone(by, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for url, goes in {
        "https://api.openai.com/v1": True,
        "https://api.openai.com:443/v1": True,
        "http://api.openai.com/v1": False,
        "http://api.openai.com:443/v1": False,
        "https://api.openai.com:8443/v1": False,
    }.items():
        monkeypatch.setenv("OPENAI_BASE_URL", url if by == "variable" else "")
        given = None if by == "variable" else url
        assert key_for(given, None) == (url, SECRET if goes else None), url
        assert key_for(given, "mine") == (url, SECRET), "named by hand it goes anywhere"


def test_an_address_of_the_users_own_gets_its_key_as_before(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert key_for("http://127.0.0.1:8000/v1", None)[1] is None
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")
    assert key_for(None, None) == ("http://127.0.0.1:8000/v1", SECRET)
