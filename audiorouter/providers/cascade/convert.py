"""Turning files of language models into what is loaded, once.

Reading a quantised GGUF takes from twenty seconds to minutes, and what it gives counts as a
quantised model that cannot be saved. So its weights are copied into a plain model of the same
configuration, whose file loads in seconds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from audiorouter.errors import UsageError


def gguf_to_safetensors(
    source: Path, target: Path, dtype: Literal["bfloat16", "float16"] = "bfloat16"
) -> None:
    """Write model and tokenizer of a GGUF file, or of the one in a folder, to `target`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    path = source if source.is_file() else next(source.glob("*.gguf"))
    folder, file = path.parent, path.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file, trust_remote_code=False)
    # As float16 half of the memory is enough; the way over it loses nothing of 4 bits.
    read = torch.float32 if dtype == "bfloat16" else torch.float16
    quantised = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=read, trust_remote_code=False
    )
    options = quantised.config.to_dict()
    for name in ("quantization_config", "architectures", "dtype"):
        options.pop(name, None)
    with torch.device("meta"):
        plain = type(quantised)(type(quantised.config)(**options))
    plain.load_state_dict(quantised.state_dict(), strict=False, assign=True)
    plain.tie_weights()
    plain.to(getattr(torch, dtype)).save_pretrained(target)
    tokenizer.save_pretrained(target)


def gguf_to_int8(source: Path, target: Path) -> None:
    """Write the model of a GGUF file, or of the one in a folder, as `to_int8` does."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        gguf_to_safetensors(source, Path(scratch), "float16")
        to_int8(scratch, None, target)


def to_int8(model: str, revision: str | None, target: Path) -> None:
    """Write a causal model, from a folder or the hub, to `target`: in 8 bits for CTranslate2, its
    tokenizer beside it in `tokenizer`.

    Raises:
        UsageError: CTranslate2 does not know models of this kind.
    """
    from ctranslate2.converters import TransformersConverter
    from transformers import AutoConfig, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # First, since the converter leaves it open whether code of the checkpoint's own may run.
    beside = [
        part.from_pretrained(model, revision=revision, trust_remote_code=False)
        for part in (AutoConfig, AutoTokenizer)
    ]
    converter = TransformersConverter(
        model, revision=revision, load_as_float16=True, low_cpu_mem_usage=True
    )
    try:
        converter.convert(str(target), quantization="int8", force=True)
    except ValueError as error:
        raise UsageError(
            f"{model}: CTranslate2 cannot run it ({error}): use -P engine=transformers"
        ) from None
    for part in beside:
        part.save_pretrained(target / "tokenizer")
