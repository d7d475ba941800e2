"""A loaded audio language model: batches in, answers out.

Choices are scored by the likelihood of their letters after one reading of clip, findings and
question, which all choices share; a letter is one token, so that nothing has to be read twice.
With `prior` the likelihood without clip and findings is taken away (contextual calibration: Zhao
et al., "Calibrate Before Use", ICML 2021).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from audiorouter.errors import ClipError, ReasonerError
from audiorouter.providers.audio import ClipCache, heard
from audiorouter.providers.checkpoints import Checkpoint
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import blind_text, labels, user_text
from audiorouter.providers.transformers.model import AudioModel, UserTurn
from audiorouter.text import first_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.providers.transformers import TransformersOptions

_PRIORS_KEPT = 10_000
Outcome = Answer | ReasonerError
Work = Callable[[Sequence[Request]], Sequence[Outcome]]
_WRITE_MORE = "let it write more by -P max_new_tokens=…"


class TransformersModel:
    """Turns requests into turns of a chat, groups them, and reads what comes back."""

    def __init__(self, checkpoint: Checkpoint, options: TransformersOptions):
        self._options = options
        self._model = AudioModel(checkpoint, options)
        self._clips: ClipCache[NDArray[np.float32]] = ClipCache()
        self._priors: OrderedDict[str, list[float]] = OrderedDict()

    def answer(self, requests: Sequence[Request]) -> list[Outcome]:
        """Answer each request; the batch is halved while it does not fit into memory."""
        started = time.perf_counter()
        answers: dict[int, Outcome] = {}
        for work, group in self._groups(requests):
            answered = halving(work, [requests[i] for i in group])
            answers.update(zip(group, answered, strict=True))
        share = (time.perf_counter() - started) / max(1, len(requests))
        return [_timed(answers[i], share) for i in range(len(requests))]

    def _groups(self, requests: Sequence[Request]) -> list[tuple[Work, list[int]]]:
        """Positions that may share a batch, and what is to be done with them.

        Clips of different lengths are kept apart where the family cannot tell padding from sound.
        """
        groups: dict[tuple[bool, int], list[int]] = {}
        for position, request in enumerate(requests):
            closed = bool(request.choices) and not request.tools
            scored = closed and self._options.answer == "score"
            audio = self._hear(request)
            length = -1 if audio is None else 0 if self._model.family.pads_clips else len(audio)
            groups.setdefault((scored, length), []).append(position)
        return [
            (self._choose if scored else self._write, group)
            for (scored, _), group in groups.items()
        ]

    def _choose(self, requests: Sequence[Request]) -> list[Answer]:
        scores = self._model.score(
            [self._turn(request) for request in requests],
            [labels(request.choices) for request in requests],
        )
        if self._options.prior:
            self._learn_priors(requests)
            scores = [
                [
                    score - prior
                    for score, prior in zip(row, self._priors[blind_text(request)], strict=True)
                ]
                for row, request in zip(scores, requests, strict=True)
            ]
        return [_chosen(request, row) for request, row in zip(requests, scores, strict=True)]

    def _learn_priors(self, requests: Sequence[Request]) -> None:
        unknown = {blind_text(r): r for r in requests if blind_text(r) not in self._priors}
        if unknown:
            scores = self._model.score(
                [UserTurn(text) for text in unknown],
                [labels(request.choices) for request in unknown.values()],
            )
            self._priors.update(zip(unknown, scores, strict=True))
        wanted = {blind_text(request) for request in requests}
        while len(self._priors) > _PRIORS_KEPT and next(iter(self._priors)) not in wanted:
            self._priors.popitem(last=False)

    def _write(self, requests: Sequence[Request]) -> list[Outcome]:
        written = self._model.write([self._turn(request) for request in requests])
        return [
            _read(text, request, cut=cut)
            for (text, cut), request in zip(written, requests, strict=True)
        ]

    def _turn(self, request: Request) -> UserTurn:
        return UserTurn(user_text(request), self._hear(request))

    def _hear(self, request: Request) -> NDArray[np.float32] | None:
        """The clip `(samples,)` at the model's rate, cut to what it hears; None for words alone."""
        if request.text_only:
            return None
        audio = self._clips.get(request.audio_hash)
        if audio is None:
            rate, longest = self._model.sample_rate, self._model.family.longest
            try:
                audio = heard(request.open_clip(), rate, longest)
            except ClipError as error:
                raise ReasonerError(str(error)) from None
            self._clips.add(request.audio_hash, audio, audio.nbytes)
        return audio


def _read(text: str, request: Request, *, cut: bool) -> Outcome:
    try:
        return read_answer(text, request, cut=_WRITE_MORE if cut else None)
    except ReasonerError as error:
        return error


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    return replace(outcome, seconds=seconds) if isinstance(outcome, Answer) else outcome


def halving(work: Work, requests: Sequence[Request]) -> Sequence[Outcome]:
    """What `work` makes of the requests, in ever smaller parts while memory does not suffice.

    Raises:
        ReasonerError: memory does not even suffice for one request.
    """
    try:
        return work(requests)
    except torch.OutOfMemoryError as error:
        reason = first_line(error)
    # Outside of the handler, whose traceback would keep the tensors of the attempt alive.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(requests) == 1:
        raise ReasonerError(
            f"out of memory with one question about {requests[0].clip}: take a smaller model, "
            f"-P quantization=4bit, or a shorter clip ({reason})"
        )
    half = len(requests) // 2
    return [*halving(work, requests[:half]), *halving(work, requests[half:])]


def _chosen(request: Request, scores: Sequence[float]) -> Answer:
    probabilities = torch.tensor(scores, dtype=torch.float64).softmax(-1).tolist()
    index = max(range(len(scores)), key=scores.__getitem__)
    return Answer(request.choices[index], index, tuple(round(p, 6) for p in probabilities))
