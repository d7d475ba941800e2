"""Model and processor of a checkpoint, loaded through the Auto classes, for every family alike."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from audiorouter.errors import ReasonerError
from audiorouter.providers.audio import as_wav
from audiorouter.providers.checkpoints import Checkpoint
from audiorouter.providers.loading import loading
from audiorouter.providers.transformers.families import Family, family_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.providers.transformers import TransformersOptions

_THINKERS = {
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
USUAL_RATE = 16_000
"""Hz; of every family so far, for processors that do not say."""


@dataclass(frozen=True)
class UserTurn:
    """A user's turn: text and, unless it is to be answered blind, a clip `(samples,)`."""

    text: str
    audio: NDArray[np.float32] | None = None


class AudioModel:
    """Scores and writes what follows the turns of a batch."""

    def __init__(self, checkpoint: Checkpoint, options: TransformersOptions):
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.family: Family = family_of(checkpoint.model_type)
        self._max_new_tokens = options.max_new_tokens
        with loading(checkpoint.model):
            self._processor = _load_processor(checkpoint)
            self._model = _load_model(checkpoint, options)
        self._tokenizer = self._processor.tokenizer
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        # Where the model can leave out all logits but the last, it shall.
        known = inspect.signature(self._model.forward).parameters
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    @property
    def sample_rate(self) -> int:
        """Hz that the processor wants."""
        for name in ("feature_extractor", "audio_processor"):
            rate = getattr(getattr(self._processor, name, None), "sampling_rate", None)
            if rate is not None:
                return int(rate)
        return USUAL_RATE

    @torch.inference_mode()
    def score(
        self, turns: Sequence[UserTurn], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-likelihood (natural) of each one-token continuation of each turn."""
        inputs = self._encode(turns)
        logits = self._model(**inputs, **self._last_only).logits[:, -1].float()
        likelihoods = logits.log_softmax(-1).cpu()
        return [
            [float(likelihoods[row, self._token(text)]) for text in texts]
            for row, texts in enumerate(continuations)
        ]

    @torch.inference_mode()
    def write(self, turns: Sequence[UserTurn]) -> list[tuple[str, bool]]:
        """The greedy answer to each turn, and whether it was cut off at `max_new_tokens`."""
        inputs = self._encode(turns)
        generated = self._model.generate(
            **inputs,
            max_new_tokens=self._max_new_tokens,
            do_sample=False,
            num_beams=1,
            pad_token_id=self._tokenizer.pad_token_id,
        )
        new = generated[:, inputs["input_ids"].shape[1] :]
        texts = self._tokenizer.batch_decode(new, skip_special_tokens=True)
        full = new.shape[1] >= self._max_new_tokens
        last = [int(token) for token in new[:, -1].tolist()] if full else []
        cut = [token not in self._endings for token in last] or [False] * len(texts)
        return [(str(text).strip(), ends) for text, ends in zip(texts, cut, strict=True)]

    @cached_property
    def _endings(self) -> frozenset[int]:
        """Tokens with which a text ends, or that fill up behind its end."""
        known = getattr(self._model.generation_config, "eos_token_id", None)
        listed = known if isinstance(known, list) else [known]
        tokens = [*listed, self._tokenizer.eos_token_id, self._tokenizer.pad_token_id]
        return frozenset(token for token in tokens if token is not None)

    def _token(self, letter: str) -> int:
        tokens = self._tokenizer(letter, add_special_tokens=False)["input_ids"]
        return int(tokens[-1])

    def _encode(self, turns: Sequence[UserTurn]) -> dict[str, Any]:
        """Tensors of a batch of turns, all with a clip or all without."""
        if self.family.clip_as == "word":
            inputs = self._encode_words(turns)
        else:
            inputs = self._processor.apply_chat_template(
                [self._conversation(turn) for turn in turns],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                processor_kwargs={"text_kwargs": {"padding": True}},
            )
        moved = inputs.to(self._model.device)
        return {
            name: value.to(self._model.dtype)
            if isinstance(value, torch.Tensor) and value.is_floating_point()
            else value
            for name, value in moved.items()
        }

    def _encode_words(self, turns: Sequence[UserTurn]) -> Any:
        """For templates that take plain text: the clip is a word in it."""

        def chat(turn: UserTurn) -> str:
            word = "" if turn.audio is None else self.family.audio_word
            messages = [{"role": "user", "content": word + turn.text}]
            return str(
                self._tokenizer.apply_chat_template(
                    messages, add_generation_prompt=True, tokenize=False
                )
            )

        texts = [chat(turn) for turn in turns]
        clips = [turn.audio for turn in turns if turn.audio is not None]
        if not clips:
            return self._tokenizer(texts, return_tensors="pt", padding=True)
        return self._processor(text=texts, audio=clips, return_tensors="pt", padding=True)

    def _conversation(self, turn: UserTurn) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        if turn.audio is not None:
            part = {"type": "audio"}
            if self.family.clip_as == "file":
                wav = as_wav(turn.audio, self.sample_rate, subtype="FLOAT")
                parts.append(part | {"base64": wav})
            else:
                parts.append(part | {"audio": turn.audio})
        parts.append({"type": "text", "text": turn.text})
        return [{"role": "user", "content": parts}]


def _load_processor(checkpoint: Checkpoint) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(
        checkpoint.model, revision=checkpoint.revision or "main", trust_remote_code=False
    )


def _load_model(checkpoint: Checkpoint, options: TransformersOptions) -> Any:
    settings: dict[str, Any] = {
        "dtype": options.dtype,
        "revision": checkpoint.revision or "main",
        # Left out, transformers asks on the terminal, and takes a line of stdin for yes.
        "trust_remote_code": False,
    }
    if options.device_map is not None:
        settings["device_map"] = options.device_map
    if options.attention is not None:
        settings["attn_implementation"] = options.attention
    if options.quantization != "none":
        from transformers import BitsAndBytesConfig

        bits = {f"load_in_{options.quantization}": True}
        settings["quantization_config"] = BitsAndBytesConfig(**bits)
    model = _model_class(checkpoint).from_pretrained(checkpoint.model, **settings).eval()
    if family_of(checkpoint.model_type).adapter is not None:
        _load_adapter(model, checkpoint)
    return model


def _model_class(checkpoint: Checkpoint) -> Any:
    """The Auto class that knows this kind of model; of an omni model only the thinker is needed."""
    import transformers
    from transformers.models.auto import modeling_auto

    kind = checkpoint.model_type
    if kind in _THINKERS:
        return getattr(transformers, _THINKERS[kind])
    if kind in modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES:
        return transformers.AutoModelForMultimodalLM
    if kind in modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES:
        return transformers.AutoModelForSeq2SeqLM
    raise ReasonerError(
        f"{checkpoint.model}: transformers has no audio language model of type {kind!r}"
    )


def _load_adapter(model: Any, checkpoint: Checkpoint) -> None:
    """Load the adapter with which the model hears, where the checkpoint has one."""
    from transformers.utils import cached_file

    folder = family_of(checkpoint.model_type).adapter
    config = cached_file(
        checkpoint.model,
        "adapter_config.json",
        subfolder=folder,
        revision=checkpoint.revision or "main",
        _raise_exceptions_for_missing_entries=False,
    )
    if config is not None:
        where = {"subfolder": folder, "revision": checkpoint.revision}
        model.load_adapter(checkpoint.model, adapter_name=folder, adapter_kwargs=where)
        model.set_adapter(folder)
