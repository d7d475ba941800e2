"""What the checkpoints of all families are made of: sizes, tokenizers, templates, weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

WORDS = [
    "You are a helpful assistant.",
    "Question: how many times does the dog bark? once twice three times",
    "A. dog B. cat C. rain D. bell E. siren Answer with the letter of the right choice.",
    "What external audio tools found; sound_tags loudness tempo: speech, music, 120 BPM",
]
HIDDEN = 32
TEXT: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
}
WHISPER: dict[str, Any] = {
    "num_mel_bins": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "hidden_size": HIDDEN,
    "max_source_positions": 1500,
}


def chatml(audio: str, *, others: str = "") -> str:
    """A chat template of Qwen's kind with `audio` in the place of a clip."""
    return (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
        "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
        "{% for part in message['content'] %}"
        "{% if part['type'] == 'audio' %}" + audio + "{% elif 'text' in part %}"
        "{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}" + others
    )


def tokenizer(*specials: str, pad: str = "<|endoftext|>", end: str = "<|im_end|>", **named: str):
    """A byte-level BPE tokenizer with the special tokens of a family."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=512, initial_alphabet=alphabet, show_progress=False)
    raw.train_from_iterator(WORDS * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token=pad,
        eos_token=end,
        additional_special_tokens=["<|im_start|>", *specials],
        padding_side="left",
        **named,
    )


def whisper_features(seconds: int = 30):
    """Whisper's log-mel front end."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(
        feature_size=128, chunk_length=seconds, return_attention_mask=True
    )


def ends(tokens: Any) -> dict[str, Any]:
    """The tokens that a text model has to know."""
    return {
        "vocab_size": len(tokens),
        "pad_token_id": tokens.pad_token_id,
        "eos_token_id": tokens.eos_token_id,
        "bos_token_id": None,
    }


def save(model: Any, processor: Any, tokens: Any, folder: Path) -> None:
    """Write a checkpoint with weights that do not depend on what was built before."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                torch.nn.init.normal_(weights, std=0.2)
    model.generation_config.pad_token_id = tokens.pad_token_id
    model.generation_config.eos_token_id = tokens.eos_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
