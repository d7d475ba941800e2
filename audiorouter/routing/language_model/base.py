"""The language model that a router's adapter lies over: which one, and loading it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.border import describe
from audiorouter.errors import UsageError
from audiorouter.machine.installed import absent
from audiorouter.weights import State, find, fingerprint, locate, state
from audiorouter.weights.local import remedy

DEFAULT_BASE = "smollm2-135m"
"""SmolLM2-135M-Instruct of the catalogue."""


class Base(NamedTuple):
    """A causal language model, by folder or hub id."""

    model: str
    revision: str | None
    fingerprint: str


def needs(*packages: str) -> None:
    """Make sure that these are installed.

    Raises:
        UsageError: they are not; the message says what to install.
    """
    if lacking := absent(packages):
        raise UsageError(
            f"a language model as router needs {', '.join(lacking)}: "
            "pip install 'audiorouter[lm-router]'"
        )


def locate_base(name: str, revision: str | None = None) -> Base:
    """Find a model by its name in the catalogue, its folder or hub id; a hub's is pinned.

    Raises:
        UsageError: there is none, or it has to be fetched first.
    """
    from audiorouter.providers.cascade.text_models import (
        TEXT_MODELS,
        for_transformers,
        locate_text_model,
    )

    if revision is not None and not _is_hub_id(name):
        raise UsageError(f"{name}: a revision (--revision) is one of a model on the hub")
    if name == DEFAULT_BASE:
        weights = find(name)
        if (condition := state(weights)) is not State.READY:
            raise UsageError(f"weights {name} are {condition}: {remedy(weights)}")
        return Base(str(locate(weights)), None, fingerprint(weights))
    try:
        found = locate_text_model(name, revision)
    except UsageError as error:
        known = ", ".join((DEFAULT_BASE, *TEXT_MODELS))
        raise UsageError(f"{error} (models of the catalogue: {known})") from None
    model, commit = for_transformers(found)
    return Base(model, commit, found.fingerprint)


def _is_hub_id(name: str) -> bool:
    return name.count("/") == 1 and not Path(name).expanduser().exists()


def load_base(base: Base, *, device: str, half: bool = False) -> tuple[Any, Any]:
    """The model, and its tokenizer: on the CPU in float32 unless `half`, elsewhere in bfloat16.

    The tokenizer pads on the left, since what is padded is continued.

    Raises:
        UsageError: it is no causal language model with a fast tokenizer.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    tokenizer = load_tokenizer(base)
    dtype = torch.float32 if device == "cpu" and not half else torch.bfloat16
    with _reading(base, "no causal language model"):
        model = AutoModelForCausalLM.from_pretrained(
            base.model, revision=base.revision, dtype=dtype, trust_remote_code=False
        )
    return model.to(device).eval(), tokenizer


def check_base(base: Base) -> None:
    """Make sure that a model can be adapted, by its configuration and tokenizer alone.

    Raises:
        UsageError: it is no causal language model, or has no fast tokenizer or linear layers.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from audiorouter.routing.language_model.adapter import linear_layers

    load_tokenizer(base)
    with _reading(base, "no causal language model"):
        config = AutoConfig.from_pretrained(
            base.model, revision=base.revision, trust_remote_code=False
        )
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    if not linear_layers(model):
        raise UsageError(f"{base.model}: has no linear layers that an adapter can lie over")


def load_tokenizer(base: Base) -> Any:
    """Its tokenizer alone.

    Raises:
        UsageError: there is none, or not a fast one.
    """
    from transformers import AutoTokenizer

    with _reading(base, "its tokenizer cannot be read"):
        tokenizer = AutoTokenizer.from_pretrained(
            base.model, revision=base.revision, trust_remote_code=False
        )
    if not tokenizer.is_fast:
        raise UsageError(f"{base.model}: decisions are written by a fast tokenizer, it has none")
    tokenizer.padding_side = "left"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


@contextmanager
def _reading(base: Base, otherwise: str) -> Iterator[None]:
    """What is raised within says of the model what is the matter.

    Raises:
        UsageError: something was raised within.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - damaged files raise errors of all kinds
        raise UsageError(f"{base.model}: {otherwise}: {describe(error)}") from None
