"""The families of everybody else."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from checkpoints.parts import HIDDEN, TEXT, WHISPER, chatml, ends, save, tokenizer, whisper_features


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
