"""LoRA over a frozen language model (Hu et al., ICLR 2022), by peft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from audiorouter.errors import UsageError
from audiorouter.routing.language_model.checkpoint import ADAPTER

if TYPE_CHECKING:
    import torch

SCALE = 2
"""Weight of the adapter for each unit of rank (`lora_alpha` over rank)."""


def with_new_adapter(model: Any, *, rank: int, layers: int | None = None) -> Any:
    """The model with an adapter of `rank` beside linear layers, which changes nothing yet.

    They are all but the output's, or those of the last `layers` layers: nothing has to be carried
    back through the others.
    """
    from peft import LoraConfig, get_peft_model

    count = model.config.get_text_config().num_hidden_layers
    first = 0 if layers is None else max(0, count - layers)
    linear = linear_layers(model)
    settings = LoraConfig(
        task_type="CAUSAL_LM",
        r=rank,
        lora_alpha=SCALE * rank,
        target_modules=sorted(linear),
        layers_to_transform=list(range(first, count)),
    )
    return get_peft_model(model, settings, adapter_name=ADAPTER)


def linear_layers(model: Any) -> set[str]:
    """Last parts of the names of a model's linear layers, but for the output's."""
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layers

    output = model.get_output_embeddings()
    return {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, (nn.Linear, Conv1D)) and module is not output
    }


def load_adapter(model: Any, weights: dict[str, torch.Tensor], *, source: str) -> None:
    """Set the weights of a model's adapter.

    Raises:
        UsageError: they are not those of such a model; the message names `source`.
    """
    from peft import set_peft_model_state_dict

    try:
        loaded: Any = set_peft_model_state_dict(model, weights, adapter_name=ADAPTER)
    except RuntimeError as error:
        raise UsageError(f"{source}: does not fit its base model: {str(error)[:300]}") from None
    lacking = [name for name in loaded.missing_keys if ".lora_" in name]
    if loaded.unexpected_keys or lacking:
        raise UsageError(f"{source}: is not the adapter of its base model")


def adapter_weights(model: Any) -> dict[str, torch.Tensor]:
    """The weights of a model's adapter, by name."""
    from peft import get_peft_model_state_dict

    return dict(get_peft_model_state_dict(model, adapter_name=ADAPTER))
