"""A trained router on disk: weights as safetensors, and a card in JSON that says what made them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError

if TYPE_CHECKING:
    from audiorouter.routing.policy import Committee

FORMAT = 4
WEIGHTS_FILE = "policy.safetensors"
CARD_FILE = "router.json"


@dataclass(frozen=True)
class RouterCard:
    """What a router was trained with; a router warns where it is used with something else."""

    provider: str
    reasoner: str
    """Identity of the reasoner."""
    encoder: str
    """Identity of the sentence embeddings."""
    tools: dict[str, str]
    """Identity of each tool by name."""
    tool_costs: dict[str, float]
    """Seconds of computing a second of audio, of each tool by itself with nothing shared."""
    max_calls: int
    hidden: int
    members: int
    cost_weight: float
    seed: int
    questions: dict[str, int]
    """How many were used to train and to validate."""
    data_hash: str
    see_margin: bool = False
    """Whether it wants to know how sure the reasoner is of its direct answer."""
    scores: dict[str, float] = field(default_factory=dict)
    """On the questions that chose the epoch: not for comparisons."""
    format: int = FORMAT


def save_router(folder: Path, policy: Committee, card: RouterCard) -> None:
    """Write policy and card into `folder`; a router that is there already is replaced."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{WEIGHTS_FILE}.new"
    save_file({name: value.contiguous() for name, value in policy.state_dict().items()}, unfinished)
    unfinished.replace(folder / WEIGHTS_FILE)
    (folder / CARD_FILE).write_text(json.dumps(asdict(card), indent=1) + "\n")


def read_card(folder: Path) -> RouterCard:
    """The card of the router in `folder`.

    Raises:
        UsageError: there is no router, or one that a later version made.
    """
    try:
        fields: dict[str, Any] = json.loads((folder / CARD_FILE).read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no trained router ({error})") from None
    if fields.get("format") != FORMAT:
        raise UsageError(
            f"{folder}: the router has format {fields.get('format')}, this version reads {FORMAT}"
        )
    try:
        return RouterCard(**fields)
    except TypeError as error:
        raise UsageError(f"{folder / CARD_FILE}: {error}") from None


def load_policy(folder: Path, card: RouterCard) -> Committee:
    """The policy in `folder`, ready to score.

    Raises:
        UsageError: the weights are missing or do not fit the card.
    """
    from safetensors.torch import load_file

    from audiorouter.routing.policy import Committee, Policy

    members = [Policy(max_calls=card.max_calls, hidden=card.hidden) for _ in range(card.members)]
    policy = Committee(members)
    try:
        policy.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{folder / WEIGHTS_FILE}: {error}") from None
    return policy.eval()


def fingerprint(folder: Path) -> str:
    """Short hash of the weights, for cache keys."""
    try:
        content = (folder / WEIGHTS_FILE).read_bytes()
    except OSError as error:
        raise UsageError(f"{folder}: no trained router ({error})") from None
    return hashlib.sha256(content).hexdigest()[:12]
