"""A trained router on disk: weights as safetensors, and a card in JSON that says what made them.

A folder may come from anywhere, so both files are checked before anything is made of them: what is
damaged is a `UsageError` that names the file, and no number in them decides how much memory it
takes to find that out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audiorouter.errors import UsageError
from audiorouter.machine.files import make_folder, write_file
from audiorouter.routing.worth import Worth
from audiorouter.sentence_encoder import DIMENSIONS
from audiorouter.validation import first_problem, read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.routing.policy import Committee

FORMAT = 6
WEIGHTS_FILE = "policy.safetensors"
CARD_FILE = "router.json"
MOST_BYTES = 128 << 20
"""Largest file of weights; those of the router that comes with the package have 2.8 MB."""
_KNOWN = "known"
"""Vectors of questions of training, in half precision, where the policy keeps them."""

Seconds = Annotated[float, Field(ge=0, le=1e6)]
Count = Annotated[int, Field(ge=0)]
CardT = TypeVar("CardT", bound=BaseModel)


class RouterCard(BaseModel):
    """What a router was trained with; a router warns where it is used with something else."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    provider: str
    reasoner: str
    """Identity of the reasoner."""
    encoder: str
    """Identity of the sentence embeddings."""
    tools: dict[str, str]
    """Identity of each tool by name."""
    tool_costs: dict[str, Seconds]
    """Seconds of computing a second of audio, of each tool by itself with nothing shared."""
    front_ends: dict[str, dict[str, Seconds]] = Field(default_factory=dict)
    """Those of them that each front end takes, which tools share."""
    max_calls: int = Field(ge=1, le=64)
    hidden: int = Field(ge=1, le=4096)
    members: int = Field(ge=1, le=64)
    cost_weight: float = Field(ge=0)
    seed: int
    questions: dict[str, Count]
    """How many were used to `train` and for `validation`, how many of the first were `unlabelled`,
    and on how many the scores rest (`scored`)."""
    data_hash: str
    see_margin: bool = False
    """Whether it wants to know how sure the reasoner is of its direct answer."""
    scores: dict[str, float] = Field(default_factory=dict)
    """On the questions that chose the epoch: not for comparisons."""
    worth: Worth | None = None
    """What it expects of its calls; None where no call changed an answer in
    training, or no right answers were known."""
    weights_hash: str | None = None
    """Of the weights beside it, as `fingerprint` has it, by `save_router`; without it they are not
    compared."""
    start: str | None = None
    """The router that its training went on from, with the hash of its weights; None is none."""
    made_by: str | None = None
    """Of what the training was asked for, as `learning.existing_router` has it."""
    trained_on: str | None = None
    """Of outcomes, options and tools, as known when they were asked: a training that finds its
    router leaves it."""
    format: int = FORMAT

    @model_validator(mode="after")
    def _of_no_more_calls(self) -> Self:
        if self.worth is not None and len(self.worth.mends) > self.max_calls:
            raise ValueError("worth is that of more calls than max_calls")
        return self


def save_router(folder: Path, policy: Committee, card: RouterCard) -> None:
    """Write policy and card into `folder`; a router that is there already is replaced.

    The card is written last, with the hash of the weights: where that fails, or the process is
    killed between them, the folder is refused instead of read as a router that it is not.

    Raises:
        UsageError: they cannot be written.
    """
    from safetensors.torch import save

    make_folder(folder)
    tensors = {name: value.contiguous() for name, value in policy.state_dict().items()}
    if _KNOWN in tensors:
        tensors[_KNOWN] = tensors[_KNOWN].half()
    content = save(tensors)
    card = card.model_copy(update={"weights_hash": short_hash(content)})
    write_file(folder / WEIGHTS_FILE, content)
    write_file(folder / CARD_FILE, card.model_dump_json(indent=1) + "\n")


def read_card(folder: Path) -> RouterCard:
    """The card of the router in `folder`.

    Raises:
        UsageError: there is no router, one of another version, or a damaged one.
    """
    return read_card_as(RouterCard, folder, form=FORMAT)


def read_card_as(kind: type[CardT], folder: Path, *, form: int) -> CardT:
    """The card of the router in `folder`, of a kind of policy whose cards have format `form`.

    Raises:
        UsageError: there is no router, one of another format, or a damaged one.
    """
    path = folder / CARD_FILE
    try:
        fields = read_json(path, dict[str, Any])
    except FileNotFoundError:
        raise UsageError(f"{folder}: no trained router (it has no {CARD_FILE})") from None
    if fields.get("format") != form:
        stated = fields.get("format")
        advice = ""
        if type(stated) is int:
            older = ": train it again (--replace), or get one of this version"
            advice = older if stated < form else ": update audiorouter"
        raise UsageError(
            f"{path}: the router has format {str(stated)[:20]}, this version reads {form}{advice}"
        )
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise UsageError(f"{path}: {first_problem(error, whole='the card')}") from None


def read_weights(folder: Path, card: RouterCard) -> dict[str, NDArray[np.float32]]:
    """The weights of the router in `folder`, by name, as far as numpy can tell what they should be.

    Raises:
        UsageError: they are missing, damaged, no finite numbers, or not those of the card.
    """
    import numpy as np
    from safetensors import SafetensorError, deserialize

    path = folder / WEIGHTS_FILE
    content = file_content(path)
    try:
        tensors = deserialize(content)  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError, OverflowError) as error:
        raise UsageError(f"{path}: damaged: {error}") from None
    weights: dict[str, NDArray[np.float32]] = {}
    for name, tensor in tensors:
        kind = "F16" if name == _KNOWN else "F32"
        if tensor["dtype"] != kind:
            raise UsageError(f"{path}: {name} is {tensor['dtype']}, not {kind}")
        form = {"F16": "<f2", "F32": "<f4"}[kind]
        values = np.frombuffer(tensor["data"], form).reshape(tensor["shape"]).astype(np.float32)
        if not np.isfinite(values).all():
            raise UsageError(f"{path}: {name} holds numbers that are not finite")
        weights[name] = values
    if (known := weights.get(_KNOWN)) is not None and (
        known.ndim != 2 or not len(known) or known.shape[1] != DIMENSIONS
    ):
        raise UsageError(f"{path}: {_KNOWN} is {known.shape}, not (questions, {DIMENSIONS})")
    if known is not None and not np.allclose(np.linalg.norm(known, axis=1), 1.0, atol=0.01):
        raise UsageError(f"{path}: {_KNOWN} holds other vectors than those of length 1")
    members = {name.split(".")[1] for name in weights if name.startswith("members.")}
    if members != {str(number) for number in range(card.members)}:
        raise UsageError(f"{path}: holds {len(members)} policies, {CARD_FILE} says {card.members}")
    for name, values in weights.items():
        if name.endswith(".stop.weight") and values.shape != (card.max_calls, card.hidden):
            raise UsageError(
                f"{path}: {name} is {values.shape}, by {CARD_FILE} it is "
                f"{(card.max_calls, card.hidden)}"
            )
    check_hash(content, path, card.weights_hash)
    return weights


def check_hash(content: bytes, path: Path, expected: str | None) -> None:
    """Make sure that weights are those that the card beside them names, if it names any.

    Raises:
        UsageError: they are others.
    """
    if expected not in (None, actual := short_hash(content)):
        raise UsageError(
            f"{path}: holds other weights ({actual}) than {CARD_FILE} says ({expected}): one of "
            "them was replaced without the other; train again, or copy both"
        )


def load_policy(folder: Path, card: RouterCard) -> Committee:
    """The policy in `folder`, ready to score.

    Raises:
        UsageError: the weights are missing, damaged or do not fit the card.
    """
    import torch

    from audiorouter.routing.policy import Committee, Policy

    weights = read_weights(folder, card)
    # Without memory of its own, which a card could ask any amount of.
    with torch.device("meta"):
        policy = Committee(
            [Policy(max_calls=card.max_calls, hidden=card.hidden) for _ in range(card.members)],
            torch.empty(weights[_KNOWN].shape) if _KNOWN in weights else None,
        )
    tensors = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    try:
        policy.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise UsageError(f"{folder / WEIGHTS_FILE}: {error}") from None
    return policy.eval()


def fingerprint(folder: Path) -> str:
    """Short hash of the weights, for cache keys.

    Raises:
        UsageError: they cannot be read.
    """
    return short_hash(file_content(folder / WEIGHTS_FILE))


def short_hash(content: bytes) -> str:
    """Short hash of a file's content, as cards and cache keys have it."""
    return hashlib.sha256(content).hexdigest()[:12]


def file_content(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """The content of a file of weights, at most so many bytes.

    Raises:
        UsageError: it is missing, too large or cannot be read.
    """
    try:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such file")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > most:
        raise UsageError(f"{path}: is larger than {most >> 20} MiB")
    return content
