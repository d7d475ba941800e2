"""Parameters that a server refuses by name, against a real HTTP server on the loopback."""

import logging

import pytest
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.batch.summary import summarise
from audiorouter.errors import ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers.openai.parameters import adjustment

REGISTRY = load_registry(third_party=False)


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def request_(tone):
    return Request(tone("high.wav", frequency=2000), "h", "High or low?", ("low", "high"))


@pytest.mark.parametrize(
    ("refuses", "sent", "absent"),
    [
        ({"max_tokens": "'max_tokens' is not supported: use 'max_completion_tokens'"},
         {"max_completion_tokens": 128}, "max_tokens"),
        ({"temperature": "temperature: Extra inputs are not permitted"}, {}, "temperature"),
        ({"max_tokens": "Unrecognized request argument supplied: max_tokens",
          "temperature": "Unsupported value: 'temperature'"},
         {"max_completion_tokens": 128}, "temperature"),
    ],
)  # fmt: skip
def test_a_refused_parameter_is_left_out_or_renamed_once_a_run(
    request_, caplog, refuses, sent, absent
):
    behaviour = Behaviour(refuses=refuses)
    with AudioServer(behaviour) as running, caplog.at_level(logging.WARNING):
        options = {"base_url": running.url, "check_audio": False, "in_flight": 1}
        reasoner = open_reasoner(REGISTRY, "openai:ears", options)
        answers = reasoner.answer([request_] * 3)
    assert [answer.index for answer in answers] == [1, 1, 1]
    assert len(behaviour.bodies) == 3 + len(refuses)
    last = behaviour.bodies[-1]
    assert absent not in last and sent.items() <= last.items()
    assert len([r for r in caplog.records if "from now on" in r.getMessage()]) == len(refuses)


@pytest.mark.parametrize(
    ("body", "words", "expected"),
    [
        ({"max_tokens": 1}, "Expected 'max_output_tokens' >= 16", {"max_tokens": 16}),
        ({"top_logprobs": 20}, "top_logprobs must be at most 5", {"top_logprobs": 5}),
        (
            {"top_logprobs": 20},
            "top_logprobs must be between 0 and 8",
            {"top_logprobs": 8},
        ),
        ({"max_completion_tokens": 9}, "unknown field max_completion_tokens", {"max_tokens": 9}),
        (
            {"top_logprobs": 20},
            "sample logprobs of 20, which is greater than max allowed: 5",
            {"top_logprobs": 5},
        ),
        (
            {"top_logprobs": 20},
            "top_logprobs: Input should be less than or equal to 5",
            {"top_logprobs": 5},
        ),
        (
            {"top_logprobs": 20},
            "top_logprobs should be an integer in the range 0 to 5",
            {"top_logprobs": 5},
        ),
        ({"max_tokens": 128}, "Range of max_tokens should be [1, 64]", {"max_tokens": 64}),
        (
            {"max_tokens": 128},
            "`max_tokens` must be less than or equal to `64`",
            {"max_tokens": 64},
        ),
        (
            {"max_tokens": 128},
            "max_tokens: 128 > 64, the maximum allowed number",
            {"max_tokens": 64},
        ),
        (
            {"max_tokens": 128},
            "max_tokens: 128 is out of the range [256, 4096]",
            {"max_tokens": 256},
        ),
        (
            {"max_tokens": 9},
            "not supported MaxTokens, please use MaxCompletionTokens",
            {"max_completion_tokens": 9},
        ),
        (
            {"max_tokens": 9},
            "'max_tokens' is too large: 9. The maximum context length is 8 tokens",
            None,
        ),
        ({"temperature": 0.0}, "`temperature` has to be a strictly positive float, got 0.0", {}),
        ({"temperature": 0.0}, "temperature is out of range", {}),
        ({"temperature": 0.0}, "参数 temperature 不支持", {}),
        ({"temperature": 0.0}, "the clip is too long", None),
        ({"temperature": 0.0}, "temperature of the oven", None),
        ({"messages": []}, "messages is not supported", None),
    ],
)
def test_what_a_server_says_of_a_parameter_is_understood(body, words, expected):
    found = adjustment(body, words, None)
    if expected is None:
        assert found is None
    else:
        found.apply(body)
        assert body == expected


def test_two_refusals_that_undo_each_other_end(request_):
    behaviour = Behaviour(
        refuses={"max_tokens": "max_tokens is not supported",
                 "max_completion_tokens": "max_completion_tokens is not supported"}
    )  # fmt: skip
    with AudioServer(behaviour) as running:
        reasoner = open_reasoner(REGISTRY, "openai:ears", {"base_url": running.url})
        with pytest.raises(ReasonerError, match="max_completion_tokens is not supported"):
            reasoner.answer([request_])
    assert len(behaviour.bodies) == 2


def test_what_a_server_refused_stands_in_the_summary(request_, tmp_path):
    (tmp_path / "q.csv").write_text(f"audio,question\n{request_.clip.name},Which?\n")
    with AudioServer(Behaviour(refuses={"temperature": "temperature is deprecated"})) as running:
        options = BatchOptions(
            provider="openai:ears", provider_options={"base_url": running.url}, router="none"
        )
        result = run_batch(request_.clip.parent, tmp_path / "q.csv", options)
    (note,) = summarise(result).notes
    assert "temperature is not sent" in note and "deprecated" in note
