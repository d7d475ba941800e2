"""Folders of trained routers that are damaged: they load, or a `UsageError` says what is wrong."""

import json
import os
import re
import resource
import struct

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.clips import ClipFacts
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.routing.checkpoint import (
    CARD_FILE,
    FORMAT,
    WEIGHTS_FILE,
    RouterCard,
    fingerprint,
    load_policy,
    read_card,
    read_weights,
    save_router,
)
from audiorouter.routing.hub import upload
from audiorouter.routing.interface import RouteRequest
from audiorouter.routing.learned import LearnedRouter
from audiorouter.routing.policy import Committee, Policy
from audiorouter.routing.shipped import TRAINED_ROUTERS
from audiorouter.sentence_encoder import SentenceEncoder

FACTS = ClipFacts("0", 1.0, 16_000, 1, -20.0, -3.0)
CARD = {
    "provider": "cascade", "reasoner": "cascade", "encoder": "minilm",
    "tools": {"tempo": "tempo/1"}, "tool_costs": {"tempo": 0.01}, "max_calls": 2,
    "hidden": 2, "members": 2, "cost_weight": 0.05,
    "seed": 0, "questions": {"train": 9}, "data_hash": "0", "see_margin": False,
    "scores": {"direct": 0.5}, "format": FORMAT,
}  # fmt: skip
REMOVED = "removed"


def save(folder):
    policies = [Policy(max_calls=2, hidden=2) for _ in range(2)]
    save_router(folder, Committee(policies), RouterCard.model_validate(CARD))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("router")
    save(folder)
    return folder


def test_questions_of_training_are_kept_in_half_precision(tmp_path):
    known = torch.nn.functional.normalize(torch.randn(5, 384), dim=-1)
    policies = [Policy(max_calls=2, hidden=2) for _ in range(2)]
    save_router(tmp_path, Committee(policies, known), RouterCard.model_validate(CARD))
    read = load_policy(tmp_path, read_card(tmp_path)).known
    assert read.dtype == torch.float32 and torch.allclose(read, known, atol=1e-3)


def test_questions_of_training_of_another_encoder_are_refused(tmp_path):
    policies = [Policy(max_calls=2, hidden=2) for _ in range(2)]
    strange = Committee(policies, torch.ones(5, 12))
    save_router(tmp_path, strange, RouterCard.model_validate(CARD))
    with pytest.raises(UsageError, match=re.escape("known is (5, 12), not (questions, 384)")):
        load(tmp_path)


def test_questions_of_training_that_are_no_unit_vectors_are_refused_also_when_shared(tmp_path):
    policies = [Policy(max_calls=2, hidden=2) for _ in range(2)]
    strange = Committee(policies, torch.zeros(5, 384))
    save_router(tmp_path, strange, RouterCard.model_validate(CARD))
    for use in (load, lambda folder: upload(folder, "me/router")):
        with pytest.raises(UsageError, match="known holds other vectors than those of length 1"):
            use(tmp_path)


def change(folder, **fields):
    card = {name: value for name, value in {**CARD, **fields}.items() if value != REMOVED}
    (folder / CARD_FILE).write_text(json.dumps(card))


def rewrite(folder, header=lambda _header: None, data=lambda content: content):
    """Write the weights again, with header or data changed, and a card that has no hash of them."""
    change(folder)
    content = (folder / WEIGHTS_FILE).read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    fields = json.loads(content[8 : 8 + size])
    header(fields)
    text = json.dumps(fields).encode()
    body = data(content[8 + size :])
    (folder / WEIGHTS_FILE).write_bytes(struct.pack("<Q", len(text)) + text + body)


def load(folder):
    card = read_card(folder)
    fingerprint(folder)
    policy = load_policy(folder, card)
    assert len(policy.members) == card.members


def in_place_of(name, make):
    def damage(folder):
        (folder / name).unlink()
        make(folder / name)

    return damage


def numbers(value):
    def fill(content):
        values = np.frombuffer(content, "<f4").copy()
        values[3] = value
        return values.tobytes()

    return lambda folder: rewrite(folder, data=fill)


def other_type(folder):
    def header(fields):
        for tensor in fields.values():
            tensor["dtype"] = "I32"

    rewrite(folder, header)


def other_shape(name, shape):
    def header(fields):
        fields[f"members.1.{name}"]["shape"] = shape

    return lambda folder: rewrite(folder, header)


def worth_of(calls):
    chances = [{"weights": [0.0] * 4, "offset": 0.0}] * calls
    return {"mends": chances, "breaks": chances, "all_cost": 1.0}


def endless(path):
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 1 << 40)


@pytest.mark.parametrize(
    ("damage", "file", "complaint"),
    [
        (lambda f: change(f, hidden=-1), CARD_FILE, "hidden: Input should be greater"),
        (lambda f: change(f, hidden=10**30), CARD_FILE, "hidden: Input should be less"),
        (lambda f: change(f, hidden=3), WEIGHTS_FILE, "is (2, 2), by router.json it is (2, 3)"),
        (lambda f: change(f, members=0), CARD_FILE, "members"),
        (lambda f: change(f, members=3), WEIGHTS_FILE, "2 policies, router.json says 3"),
        (lambda f: change(f, max_calls=True), CARD_FILE, "max_calls: Input should be a valid int"),
        (lambda f: change(f, max_calls=10**9), CARD_FILE, "max_calls"),
        (lambda f: change(f, tool_costs={"tempo": -1}), CARD_FILE, "tool_costs.tempo"),
        (lambda f: change(f, tool_costs={"tempo": float("nan")}), CARD_FILE, "finite number"),
        (lambda f: change(f, tool_costs=[1]), CARD_FILE, "tool_costs: Input should be"),
        (lambda f: change(f, cost_weight=float("inf")), CARD_FILE, "finite number"),
        (lambda f: change(f, scores={"direct": "high"}), CARD_FILE, "scores.direct"),
        (lambda f: change(f, tools={"tempo": 1}), CARD_FILE, "tools.tempo"),
        (lambda f: change(f, encoder=REMOVED), CARD_FILE, "encoder: Field required"),
        (lambda f: change(f, surprise=1), CARD_FILE, "surprise: Extra inputs"),
        (lambda f: change(f, worth=worth_of(3)), CARD_FILE, "of more calls than max_calls"),
        (lambda f: change(f, worth=worth_of(1) | {"choices": [4, 2]}), CARD_FILE, "choices"),
        (lambda f: change(f, format=99), CARD_FILE, "update audiorouter"),
        (lambda f: change(f, format=REMOVED), CARD_FILE, "has format None"),
        (lambda f: change(f, format=4), CARD_FILE, "train it again"),
        (lambda f: (f / CARD_FILE).write_text("[1]"), CARD_FILE, "should be an object"),
        (lambda f: (f / CARD_FILE).write_bytes(b"\xff\xfe{"), CARD_FILE, "Invalid JSON"),
        (lambda f: (f / CARD_FILE).write_text("[" * 100_000), CARD_FILE, "recursion limit"),
        (in_place_of(CARD_FILE, endless), CARD_FILE, "is larger than"),
        (in_place_of(CARD_FILE, lambda p: p.mkdir()), CARD_FILE, "is no file"),
        (in_place_of(CARD_FILE, lambda p: p.symlink_to(p)), CARD_FILE, "cannot be read"),
        (in_place_of(CARD_FILE, os.mkfifo), CARD_FILE, "is no file"),
        (lambda f: (f / CARD_FILE).unlink(), "", "no trained router"),
        (lambda f: (f / WEIGHTS_FILE).unlink(), WEIGHTS_FILE, "there is no such file"),
        (in_place_of(WEIGHTS_FILE, endless), WEIGHTS_FILE, "is larger than"),
        (in_place_of(WEIGHTS_FILE, lambda p: p.mkdir()), WEIGHTS_FILE, "no such file"),
        (in_place_of(WEIGHTS_FILE, lambda p: p.symlink_to(p)), WEIGHTS_FILE, "no such file"),
        (in_place_of(WEIGHTS_FILE, os.mkfifo), WEIGHTS_FILE, "no such file"),
        (lambda f: rewrite(f, data=lambda c: c[:-1]), WEIGHTS_FILE, "damaged"),
        (lambda f: rewrite(f, data=lambda c: c + b"more"), WEIGHTS_FILE, "damaged"),
        (lambda f: rewrite(f, lambda h: h.popitem()), WEIGHTS_FILE, "damaged"),
        (numbers(np.nan), WEIGHTS_FILE, "not finite"),
        (numbers(-np.inf), WEIGHTS_FILE, "not finite"),
        (other_type, WEIGHTS_FILE, "is I32, not F32"),
        (other_shape("need.weight", [2, 384]), WEIGHTS_FILE, "size mismatch"),
        (other_shape("stop.weight", [4]), WEIGHTS_FILE, "is (4,), by router.json it is (2, 2)"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_named_with_what_is_wrong(tmp_path, damage, file, complaint):
    save(tmp_path)
    load(tmp_path)
    damage(tmp_path)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert str(tmp_path / file) in str(caught.value) and complaint in str(caught.value)


def test_weights_of_another_router_than_the_card_are_refused(tmp_path):
    save(tmp_path)
    card = (tmp_path / CARD_FILE).read_bytes()
    save(tmp_path)  # and was killed before it wrote its card:
    (tmp_path / CARD_FILE).write_bytes(card)
    with pytest.raises(UsageError, match=r"holds other weights .* than router\.json says"):
        LearnedRouter(tmp_path, {})
    change(tmp_path)  # a card of an earlier version has no hash
    load(tmp_path)


def test_another_encoder_than_that_of_training_is_told_and_part_of_the_key(tmp_path, monkeypatch):
    save(tmp_path)
    change(tmp_path, encoder=SentenceEncoder.identity)
    router = LearnedRouter(tmp_path, {})
    assert not [remark for remark in router.remarks if "embeddings" in remark]
    monkeypatch.setattr(SentenceEncoder, "identity", "minilm@later 128")
    later = LearnedRouter(tmp_path, {})
    assert later.identity != router.identity, "its routes are others"
    (remark,) = [remark for remark in later.remarks if "embeddings" in remark]
    assert "trained with other sentence embeddings" in remark and "minilm@later 128" in remark


def test_the_router_of_the_package_has_the_hash_of_its_weights():
    folder = TRAINED_ROUTERS / "cascade"
    assert read_card(folder).weights_hash == fingerprint(folder)


@pytest.mark.weights
def test_weights_that_overflow_are_an_error_and_no_route_without_tools(tmp_path):
    save(tmp_path)
    rewrite(tmp_path, data=lambda content: np.full(len(content) // 4, 1e30, "<f4").tobytes())
    router = LearnedRouter(tmp_path, load_registry(third_party=False).tools)
    with pytest.raises(UsageError, match="too large to decide by"):
        router.route([RouteRequest("How fast is it?", ("fast", "slow"), FACTS)])


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([10**400, 1e308, -0.0, [], {}, [[1]], {"a": float("nan")}, {"": -1}]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_is_a_usage_error_or_none(saved, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    for name in (CARD_FILE, WEIGHTS_FILE):
        content = bytearray((saved / name).read_bytes())
        # The header of the weights, and the first of the numbers, is what decides.
        for _ in range(data.draw(st.integers(0, 3))):
            content[data.draw(st.integers(0, min(2000, len(content)) - 1))] = data.draw(
                st.integers(0, 255)
            )
        if data.draw(st.booleans()):
            content = content[: data.draw(st.integers(0, len(content)))]
        (folder / name).write_bytes(content)
    if data.draw(st.booleans()):
        change(folder, **{data.draw(st.sampled_from(sorted(CARD))): data.draw(VALUES)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        load(folder)
    except UsageError as error:
        assert str(folder) in str(error)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_the_router_of_the_package_is_whole():
    from audiorouter.routing.shipped import TRAINED_ROUTERS

    folder = TRAINED_ROUTERS / "cascade"
    assert read_weights(folder, read_card(folder))
