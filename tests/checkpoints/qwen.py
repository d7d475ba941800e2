"""Qwen's families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkpoints.parts import HIDDEN, TEXT, chatml, ends, save, tokenizer, whisper_features

EARS = {
    "num_mel_bins": 128,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "d_model": HIDDEN,
    "max_source_positions": 1500,
}


def qwen2_audio(folder: Path) -> None:
    """Qwen2-Audio; its processor brings its own chat template."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
    )

    tokens = tokenizer("<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
    config = Qwen2AudioConfig(
        audio_config=EARS,
        text_config={"model_type": "qwen2", **TEXT, **ends(tokens)},
        audio_token_index=tokens.convert_tokens_to_ids("<|AUDIO|>"),
        pad_token_id=tokens.pad_token_id,
    )
    processor = Qwen2AudioProcessor(feature_extractor=whisper_features(), tokenizer=tokens)
    save(Qwen2AudioForConditionalGeneration(config), processor, tokens, folder)


def qwen2(folder: Path) -> None:
    """Qwen2, which reads and does not hear."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokens = tokenizer()
    tokens.chat_template = chatml("")
    save(Qwen2ForCausalLM(Qwen2Config(**TEXT, **ends(tokens))), tokens, tokens, folder)


OMNI_TOKENS = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}
OMNI_TEMPLATE = chatml("<|audio_bos|><|AUDIO|><|audio_eos|>")
EYES = {
    "depth": 1,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_heads": 2,
    "out_hidden_size": HIDDEN,
}
ROPE = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 2, 2]}


def omni_processor(kind: type[Any], tokens: Any) -> Any:
    """The processor of either omni family."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    return kind(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(),
        feature_extractor=whisper_features(300),
        tokenizer=tokens,
        chat_template=OMNI_TEMPLATE,
    )


def omni_marks(tokens: Any) -> dict[str, int]:
    """The tokens around audio, images and turns."""
    code = tokens.convert_tokens_to_ids
    return {
        "audio_start_token_id": code("<|audio_bos|>"),
        "audio_end_token_id": code("<|audio_eos|>"),
        "vision_start_token_id": code("<|vision_bos|>"),
        "vision_end_token_id": code("<|vision_eos|>"),
        "user_token_id": code("<|im_start|>"),
    }


def qwen2_5_omni(folder: Path) -> None:
    """The thinker of Qwen2.5-Omni."""
    from transformers import (
        Qwen2_5OmniProcessor,
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
    )

    tokens = tokenizer(*OMNI_TOKENS.values(), **OMNI_TOKENS)
    code = tokens.convert_tokens_to_ids
    processor = omni_processor(Qwen2_5OmniProcessor, tokens)
    config = Qwen2_5OmniThinkerConfig(
        audio_config={**EARS, "n_window": 100, "output_dim": HIDDEN},
        vision_config={**EYES, "fullatt_block_indexes": [0]},
        text_config={**TEXT, **ends(tokens), "rope_parameters": ROPE},
        audio_token_index=code("<|AUDIO|>"),
        image_token_index=code("<|IMAGE|>"),
        video_token_index=code("<|VIDEO|>"),
        **omni_marks(tokens),
        pad_token_id=tokens.pad_token_id,
    )
    save(Qwen2_5OmniThinkerForConditionalGeneration(config), processor, tokens, folder)


def qwen3_omni(folder: Path) -> None:
    """The thinker of Qwen3-Omni, a mixture of experts."""
    from transformers import (
        Qwen3OmniMoeProcessor,
        Qwen3OmniMoeThinkerConfig,
        Qwen3OmniMoeThinkerForConditionalGeneration,
    )

    tokens = tokenizer(*OMNI_TOKENS.values(), **OMNI_TOKENS)
    code = tokens.convert_tokens_to_ids
    processor = omni_processor(Qwen3OmniMoeProcessor, tokens)
    config = Qwen3OmniMoeThinkerConfig(
        audio_config={**EARS, "output_dim": HIDDEN, "downsample_hidden_size": 16},
        vision_config={**EYES, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]},
        text_config={
            **TEXT,
            **ends(tokens),
            "moe_intermediate_size": 32,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "rope_parameters": {**ROPE, "mrope_interleaved": True},
        },
        audio_token_id=code("<|AUDIO|>"),
        image_token_id=code("<|IMAGE|>"),
        video_token_id=code("<|VIDEO|>"),
        **omni_marks(tokens),
    )
    save(Qwen3OmniMoeThinkerForConditionalGeneration(config), processor, tokens, folder)
