"""Turning the GGUF file of the embedded language model into safetensors, once.

Reading a quantised GGUF takes some twenty seconds, and what it gives counts as a quantised model
that cannot be saved. So its weights are copied into a plain model of the same configuration, whose
file loads in two.
"""

from __future__ import annotations

from pathlib import Path


def gguf_to_safetensors(source: Path, target: Path) -> None:
    """Write model (bfloat16) and tokenizer of the one GGUF file in `source` to `target`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    file = next(source.glob("*.gguf")).name
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=file)
    quantised = AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.float32)
    options = quantised.config.to_dict()
    for name in ("quantization_config", "architectures", "dtype"):
        options.pop(name, None)
    plain = LlamaForCausalLM(LlamaConfig(**options))
    plain.load_state_dict(quantised.state_dict(), strict=False)
    plain.tie_weights()
    plain.to(torch.bfloat16).save_pretrained(target)
    tokenizer.save_pretrained(target)
