"""Questions files as tasks of Inspect."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText
from inspect_ai.scorer import choice, includes
from inspect_ai.solver import generate, multiple_choice

from audiorouter.batch.options import EngineOptions
from audiorouter.errors import UsageError
from audiorouter.inspect_ai.samples import choice_mark
from audiorouter.machine.paths import StrPath
from audiorouter.questions import Question, read_questions
from audiorouter.questions.clip_names import kept_clip
from audiorouter.viewer.clip_worker import ClipWorker

_FORMATS = {".wav": "wav", ".mp3": "mp3"}
"""Kinds of files that Inspect knows."""
_log = logging.getLogger(__name__)


@task
def questions(questions: str, clips: str) -> Task:
    """The questions of a file, as `audiorouter batch CLIPS QUESTIONS` asks them.

    Args:
        questions: The questions file, see docs/questions.md.
        clips: The folder of clips.

    Raises:
        UsageError: the files make no sense, or only some of the questions have choices.
    """
    dataset = questions_dataset(questions, clips)
    closed = {bool(sample.choices) for sample in dataset}
    if len(closed) > 1:
        raise UsageError(
            f"{questions}: some questions have choices and some have none, which Inspect scores in "
            "two ways: make two files of it"
        )
    if True in closed:
        return Task(dataset=dataset, solver=multiple_choice(), scorer=choice())
    return Task(dataset=dataset, solver=generate(), scorer=includes())


def questions_dataset(questions: StrPath, clips: StrPath) -> MemoryDataset:
    """The questions of a file as Inspect's samples; what cannot be asked is left out and logged.

    Recordings that are neither WAV nor MP3 are written to the cache as WAV of 16 bits, since
    Inspect knows no other. Domain, category and other columns are metadata of the samples.

    Raises:
        UsageError: the files make no sense, or no question of them can be asked.
        ClipError: a clip cannot be read.
    """
    sources = EngineOptions().load_registry().sources
    asked = read_questions(Path(questions), Path(clips), sources=sources)
    files: dict[Path, Path] = {}
    samples = []
    with closing(ClipWorker(sources)) as worker:
        for question in asked.questions:
            if question.path is None or question.problem is not None or not question.answers:
                why = question.problem or "it has no right answer"
                _log.warning("%s, %s: left out: %s", questions, question.place, why)
                continue
            if question.path not in files:
                files[question.path] = _known_file(question.path, worker)
            samples.append(_sample(question, files[question.path]))
    if not samples:
        raise UsageError(f"{questions}: none of its questions can be asked and scored")
    return MemoryDataset(samples, name=Path(questions).stem, location=str(questions))


def _sample(question: Question, clip: Path) -> Sample:
    audio = ContentAudio(audio=str(clip.absolute()), format=_FORMATS[clip.suffix.lower()])
    right = [choice_mark(place) for place in question.gold_indices[:1]]
    return Sample(
        id=question.id,
        input=[ChatMessageUser(content=[ContentText(text=question.text), audio])],
        choices=list(question.written_choices) or None,
        target=right or list(question.answers),
        metadata={"audio": question.audio, **question.record},
    )


def _known_file(path: Path, worker: ClipWorker) -> Path:
    """The clip in a file of a kind that Inspect knows."""
    if path.suffix.lower() in _FORMATS:
        return path
    import io

    import soundfile

    audio, rate = worker.samples(path)
    written = io.BytesIO()
    soundfile.write(written, audio.T, rate, "PCM_16", format="WAV")
    return kept_clip("clip.wav", written.getvalue())
