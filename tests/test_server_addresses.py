"""Which server is asked: its URL as people give it, proxies, and servers that name another one."""

import re

import pytest
from asked_server import REGISTRY, ask
from audio_server import AudioServer, Behaviour

from audiorouter import Request
from audiorouter.errors import ReasonerError
from audiorouter.plugins.opening import open_reasoner

JSON = "application/json"


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def request_(tone):
    return Request(tone("high.wav", frequency=2000), "h", "High or low?", ("low", "high"))


def test_a_proxy_is_not_asked_for_this_machine(request_, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(Behaviour(), request_).index == 1


def test_a_url_with_the_path_of_chats_or_without_v1(request_):
    with AudioServer(Behaviour()) as running:
        base = {"base_url": f"{running.url}/chat/completions"}
        assert open_reasoner(REGISTRY, "openai:ears", base).answer([request_])[0].index == 1
        bare = {"base_url": running.url.removesuffix("/v1")}
        running.behaviour.sends = (404, JSON, '{"detail": "Not Found"}')
        with pytest.raises(ReasonerError, match=r"Not Found .*ends in /v1"):
            open_reasoner(REGISTRY, "openai:ears", bare).answer([request_])


def test_another_server_gets_nothing_that_was_sent_to_this_one(request_):
    stranger = Behaviour()
    with AudioServer(stranger) as other:
        named = Behaviour(leads_to=f"{other.url}/chat/completions")
        said = ask(named, request_)
    assert stranger.bodies == [] and len(named.bodies) == 1, "sent on, or asked again"
    assert re.search(r"sends requests on to another one, http://127.0.0.1:\d+, which gets", said)
    assert "--base-url" in said


@pytest.mark.parametrize("location", ["http:///v1/x", "http:/x", "http:", "http://#x"])
def test_an_address_without_a_host_is_another_server_too(location, request_):
    said = ask(Behaviour(leads_to=location), request_)
    assert "sends requests on to another one, http://127.0.0.1" in said, said


def test_a_server_that_sends_requests_round_in_circles_is_given_up(request_):
    named = Behaviour(leads_to="/v1/chat/completions")
    said = ask(named, request_, attempts=1)
    assert isinstance(said, str) and len(named.bodies) <= 4
