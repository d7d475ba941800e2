"""Tiny checkpoints of the real architectures, randomly initialised and saved as the large ones are.

Weights, tokenizers and chat templates are made up; classes, files and loading code are the real
ones. Each takes under a megabyte.
"""

from __future__ import annotations

import json
from collections.abc import Callable
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


def qwen2_audio(folder: Path) -> None:
    """Qwen2-Audio; its processor brings its own chat template."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
    )

    tokens = tokenizer("<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
    config = Qwen2AudioConfig(
        audio_config={
            "num_mel_bins": 128,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "d_model": HIDDEN,
            "max_source_positions": 1500,
        },
        text_config={"model_type": "qwen2", **TEXT, **ends(tokens)},
        audio_token_index=tokens.convert_tokens_to_ids("<|AUDIO|>"),
        pad_token_id=tokens.pad_token_id,
    )
    processor = Qwen2AudioProcessor(feature_extractor=whisper_features(), tokenizer=tokens)
    save(Qwen2AudioForConditionalGeneration(config), processor, tokens, folder)


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


def qwen2_5_omni(folder: Path) -> None:
    """The thinker of Qwen2.5-Omni."""
    from transformers import (
        Qwen2_5OmniProcessor,
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    tokens = tokenizer(*OMNI_TOKENS.values(), **OMNI_TOKENS)
    code = tokens.convert_tokens_to_ids
    processor = Qwen2_5OmniProcessor(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(),
        feature_extractor=whisper_features(300),
        tokenizer=tokens,
        chat_template=OMNI_TEMPLATE,
    )
    config = Qwen2_5OmniThinkerConfig(
        audio_config={
            "num_mel_bins": 128,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "d_model": HIDDEN,
            "max_source_positions": 1500,
            "n_window": 100,
            "output_dim": HIDDEN,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": HIDDEN,
            "fullatt_block_indexes": [0],
        },
        text_config={
            **TEXT,
            **ends(tokens),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [4, 2, 2],
            },
        },
        audio_token_index=code("<|AUDIO|>"),
        image_token_index=code("<|IMAGE|>"),
        video_token_index=code("<|VIDEO|>"),
        audio_start_token_id=code("<|audio_bos|>"),
        audio_end_token_id=code("<|audio_eos|>"),
        vision_start_token_id=code("<|vision_bos|>"),
        vision_end_token_id=code("<|vision_eos|>"),
        user_token_id=code("<|im_start|>"),
        pad_token_id=tokens.pad_token_id,
    )
    save(Qwen2_5OmniThinkerForConditionalGeneration(config), processor, tokens, folder)


def qwen3_omni(folder: Path) -> None:
    """The thinker of Qwen3-Omni, a mixture of experts."""
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
        Qwen3OmniMoeProcessor,
        Qwen3OmniMoeThinkerConfig,
        Qwen3OmniMoeThinkerForConditionalGeneration,
    )

    tokens = tokenizer(*OMNI_TOKENS.values(), **OMNI_TOKENS)
    code = tokens.convert_tokens_to_ids
    processor = Qwen3OmniMoeProcessor(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(),
        feature_extractor=whisper_features(300),
        tokenizer=tokens,
        chat_template=OMNI_TEMPLATE,
    )
    config = Qwen3OmniMoeThinkerConfig(
        audio_config={
            "num_mel_bins": 128,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "d_model": HIDDEN,
            "max_source_positions": 1500,
            "output_dim": HIDDEN,
            "downsample_hidden_size": 16,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": HIDDEN,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        },
        text_config={
            **TEXT,
            **ends(tokens),
            "moe_intermediate_size": 32,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [4, 2, 2],
                "mrope_interleaved": True,
            },
        },
        audio_token_id=code("<|AUDIO|>"),
        image_token_id=code("<|IMAGE|>"),
        video_token_id=code("<|VIDEO|>"),
        audio_start_token_id=code("<|audio_bos|>"),
        audio_end_token_id=code("<|audio_eos|>"),
        vision_start_token_id=code("<|vision_bos|>"),
        vision_end_token_id=code("<|vision_eos|>"),
        user_token_id=code("<|im_start|>"),
    )
    save(Qwen3OmniMoeThinkerForConditionalGeneration(config), processor, tokens, folder)


def audio_flamingo_3(folder: Path) -> None:
    """Audio Flamingo 3."""
    from transformers import (
        AudioFlamingo3Config,
        AudioFlamingo3ForConditionalGeneration,
        AudioFlamingo3Processor,
    )

    tokens = tokenizer("<sound>")
    config = AudioFlamingo3Config(
        audio_config=WHISPER,
        text_config={"model_type": "qwen2", **TEXT, **ends(tokens)},
        audio_token_id=tokens.convert_tokens_to_ids("<sound>"),
    )
    processor = AudioFlamingo3Processor(
        feature_extractor=whisper_features(),
        tokenizer=tokens,
        chat_template=chatml("<sound>"),
    )
    save(AudioFlamingo3ForConditionalGeneration(config), processor, tokens, folder)


def glm_asr(folder: Path) -> None:
    """GLM-ASR."""
    from transformers import GlmAsrConfig, GlmAsrForConditionalGeneration, GlmAsrProcessor

    tokens = tokenizer("<|pad|>", "<|begin_of_audio|>", "<|end_of_audio|>")
    audio = {k: v for k, v in WHISPER.items() if k != "max_source_positions"}
    config = GlmAsrConfig(
        audio_config={**audio, "max_position_embeddings": 1500, "intermediate_size": 4 * HIDDEN},
        text_config={"model_type": "llama", **TEXT, **ends(tokens)},
        audio_token_id=tokens.convert_tokens_to_ids("<|pad|>"),
    )
    processor = GlmAsrProcessor(
        feature_extractor=whisper_features(),
        tokenizer=tokens,
        chat_template=chatml("<|begin_of_audio|><|pad|><|end_of_audio|>"),
    )
    save(GlmAsrForConditionalGeneration(config), processor, tokens, folder)


VOXTRAL_TOKENS = {
    0: "<unk>",
    1: "<s>",
    2: "</s>",
    3: "[INST]",
    4: "[/INST]",
    5: "[AVAILABLE_TOOLS]",
    6: "[/AVAILABLE_TOOLS]",
    7: "[TOOL_RESULTS]",
    8: "[/TOOL_RESULTS]",
    9: "[TOOL_CALLS]",
    10: "[IMG]",
    11: "<pad>",
    12: "[IMG_BREAK]",
    13: "[IMG_END]",
    14: "[PREFIX]",
    15: "[MIDDLE]",
    16: "[SUFFIX]",
    17: "[SYSTEM_PROMPT]",
    18: "[/SYSTEM_PROMPT]",
    19: "[TOOL_CONTENT]",
    24: "[AUDIO]",
    25: "[BEGIN_AUDIO]",
    34: "[TRANSCRIBE]",
}


def voxtral(folder: Path) -> None:
    """Voxtral, with the first thousand words of Mistral's own vocabulary."""
    import mistral_common
    from transformers import (
        VoxtralConfig,
        VoxtralForConditionalGeneration,
        VoxtralProcessor,
    )
    from transformers.tokenization_mistral_common import MistralCommonBackend

    words, specials = 1000, 40
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(mistral_common.__file__).parent / "data" / "tekken_240911.json"
    tekken = json.loads(source.read_text())
    tekken["vocab"] = tekken["vocab"][:words]
    tekken.pop("image", None)
    tekken["config"].update(
        num_vocab_tokens=words,
        default_vocab_size=words + specials,
        default_num_special_tokens=specials,
        version="v7",
    )
    tekken["audio"] = {
        "sampling_rate": 16000,
        "frame_rate": 12.5,
        "audio_encoding_config": {"num_mel_bins": 128, "hop_length": 160, "window_size": 400},
        "chunk_length_s": 30.0,
    }
    tekken["special_tokens"] = [
        {
            "rank": rank,
            "token_str": VOXTRAL_TOKENS.get(rank, f"<SPECIAL_{rank}>"),
            "is_control": True,
        }
        for rank in range(specials)
    ]
    (folder / "tekken.json").write_text(json.dumps(tekken))
    tokens = MistralCommonBackend(str(folder / "tekken.json"))
    config = VoxtralConfig(
        audio_token_id=24,
        audio_config={**WHISPER, "head_dim": 16, "intermediate_size": 4 * HIDDEN},
        text_config={
            "model_type": "llama",
            **TEXT,
            "vocab_size": words + specials,
            "head_dim": 16,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 11,
        },
    )
    processor = VoxtralProcessor(feature_extractor=whisper_features(), tokenizer=tokens)
    torch.manual_seed(0)
    model = VoxtralForConditionalGeneration(config)
    model.generation_config.update(pad_token_id=11, eos_token_id=2, bos_token_id=1)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def granite_speech(folder: Path) -> None:
    """Granite Speech: a conformer, a Q-Former and a Granite language model."""
    from transformers import (
        GraniteSpeechConfig,
        GraniteSpeechFeatureExtractor,
        GraniteSpeechForConditionalGeneration,
        GraniteSpeechProcessor,
    )

    tokens = tokenizer("<|audio|>")
    config = GraniteSpeechConfig(
        text_config={"model_type": "granite", **TEXT, **ends(tokens)},
        encoder_config={
            "hidden_dim": HIDDEN,
            "num_layers": 2,
            "num_heads": 2,
            "dim_head": 16,
            "feedforward_mult": 2,
            "context_size": 50,
            "max_pos_emb": 64,
            "output_dim": 8,
        },
        projector_config={
            "model_type": "blip_2_qformer",
            "hidden_size": HIDDEN,
            "encoder_hidden_size": HIDDEN,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "vocab_size": 8,
        },
        audio_token_index=tokens.convert_tokens_to_ids("<|audio|>"),
        has_lora_adapter=False,
    )
    processor = GraniteSpeechProcessor(
        GraniteSpeechFeatureExtractor(), tokens, chat_template=chatml("<|audio|>")
    )
    save(GraniteSpeechForConditionalGeneration(config), processor, tokens, folder)


def gemma4(folder: Path) -> None:
    """Gemma 4 with its audio tower."""
    from transformers import (
        Gemma4AudioFeatureExtractor,
        Gemma4Config,
        Gemma4ForConditionalGeneration,
        Gemma4ImageProcessor,
        Gemma4Processor,
        Gemma4VideoProcessor,
    )

    named = {
        "image_token": "<|image|>",
        "boi_token": "<|image>",
        "eoi_token": "<image|>",
        "audio_token": "<|audio|>",
        "boa_token": "<|audio>",
        "eoa_token": "<audio|>",
    }
    tokens = tokenizer(*named.values(), "<|video|>", **named)
    code = tokens.convert_tokens_to_ids
    config = Gemma4Config(
        text_config={
            **TEXT,
            **ends(tokens),
            "num_hidden_layers": 4,
            "head_dim": 16,
            "global_head_dim": 16,
            "sliding_window": 512,
            "layer_types": ["sliding_attention", "full_attention"] * 2,
            "num_kv_shared_layers": 2,
            "vocab_size_per_layer_input": len(tokens),
            "hidden_size_per_layer_input": 8,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "position_embedding_size": 64,
        },
        audio_config={
            "hidden_size": HIDDEN,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "subsampling_conv_channels": [128, 8],
            "output_proj_dims": HIDDEN,
        },
        boi_token_id=code("<|image>"),
        eoi_token_id=code("<image|>"),
        image_token_id=code("<|image|>"),
        video_token_id=code("<|video|>"),
        boa_token_id=code("<|audio>"),
        eoa_token_index=code("<audio|>"),
        audio_token_id=code("<|audio|>"),
    )
    processor = Gemma4Processor(
        Gemma4AudioFeatureExtractor(),
        Gemma4ImageProcessor(),
        tokens,
        Gemma4VideoProcessor(),
        chat_template=chatml("<|audio|>"),
    )
    save(Gemma4ForConditionalGeneration(config), processor, tokens, folder)


def phi4_multimodal(folder: Path) -> None:
    """Phi-4-multimodal."""
    from transformers import (
        Phi4MultimodalConfig,
        Phi4MultimodalFeatureExtractor,
        Phi4MultimodalForCausalLM,
        Phi4MultimodalImageProcessor,
        Phi4MultimodalProcessor,
    )

    named = {"image_token": "<|image|>", "audio_token": "<|audio|>"}
    tokens = tokenizer(*named.values(), **named)
    code = tokens.convert_tokens_to_ids
    config = Phi4MultimodalConfig(
        **TEXT,
        **ends(tokens),
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_token_id": code("<|image|>"),
        },
        audio_config={
            "hidden_size": HIDDEN,
            "intermediate_size": 64,
            "num_blocks": 2,
            "num_attention_heads": 2,
            "ext_pw_out_channel": HIDDEN,
            "depthwise_separable_out_channel": HIDDEN,
            "nemo_conv_channels": 16,
            "audio_token_id": code("<|audio|>"),
        },
    )
    processor = Phi4MultimodalProcessor(
        Phi4MultimodalImageProcessor(),
        Phi4MultimodalFeatureExtractor(),
        tokens,
        chat_template=chatml("<|audio|>"),
    )
    save(Phi4MultimodalForCausalLM(config), processor, tokens, folder)


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


BUILDERS: dict[str, Callable[[Path], None]] = {
    "qwen2_audio": qwen2_audio,
    "qwen2_5_omni": qwen2_5_omni,
    "qwen3_omni": qwen3_omni,
    "audio_flamingo_3": audio_flamingo_3,
    "voxtral": voxtral,
    "gemma4": gemma4,
    "phi4_multimodal": phi4_multimodal,
    "granite_speech": granite_speech,
    "glm_asr": glm_asr,
}
