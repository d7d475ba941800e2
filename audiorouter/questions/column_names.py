"""The names that people give the columns of a questions file.

They are compared without case, spaces, dashes and underscores: `Audio File`, `audio_file` and
`audioFile` are one name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

CLIP_NAMES = (
    *("audio", "file", "path", "audio_id", "audio_path", "file_name", "audio_file"),
    *("audio_file_name", "audio_file_path", "audio_name", "audio_url", "file_path", "wav"),
    *("wav_path", "wav_file", "wav_name", "wav_id", "clip", "clip_path", "clip_file", "clip_name"),
    *("clip_id", "sound_file", "sound_path", "recording", "audios"),
)
"""The clip. Of several columns the first counts that has anything in it; so for every role."""
QUESTION_NAMES = (
    *("question", "question_text", "query", "prompt", "instruction", "questions", "q"),
    "question_stem",
)
CHOICES_NAMES = (
    *("choices", "options", "choice", "option", "choice_list", "option_list"),
    *("answer_choices", "answer_options", "candidates", "candidate_answers", "alternatives"),
    *("possible_answers", "multiple_choice", "multi_choice", "multiple_choices", "mc_choices"),
    "endings",
)
"""All choices in one column."""
CHOICE_STEMS = ("", "choice", "option", "opt", "candidate", "alternative", "answer")
"""A column a choice: one of these words and a letter or number, as in `A`, `choice_a`, `option_1`.

A letter alone is a name, a number alone is none; after `answer` it has to be a letter.
"""
ANSWER_NAMES = (
    *("answer", "correct_answer", "right_answer", "answer_gt", "gt_answer", "ground_truth"),
    *("ground_truth_answer", "gt", "gold", "gold_answer", "reference_answer", "reference"),
    *("expected_answer", "true_answer", "correct_choice", "correct_option", "answers"),
    *("gold_answers", "correct_answers", "answer_text", "answer_key", "answer_letter"),
    *("correct_letter", "answer_label", "gold_label", "label", "target", "solution"),
    *("answer_index", "answer_idx", "answer_id", "correct_index", "correct_idx", "gold_index"),
    *("gold_idx", "correct_answer_index", "correct_answer_idx", "label_index", "label_idx"),
    "correct",
)
"""The right answer; `correct` where it does not say of an earlier answer whether it was right."""
ID_NAMES = (
    *("id", "question_id", "qid", "uid", "uuid", "unique_id", "item_id", "sample_id"),
    *("example_id", "idx", "index"),
)
"""What the row is called; other names than `id` count where no two rows have the same."""

OWN_NAMES = ("prediction", "prediction_index", "model_output", "answer_prediction")
"""What an answers file adds: no column of choices or answers, though it sounds like one."""

_SEPARATORS = re.compile(r"[\W_]+")
_ONE_CHOICE = re.compile(
    rf"(?:answer)?[a-z]|(?:{'|'.join(stem for stem in CHOICE_STEMS if stem not in ('', 'answer'))})"
    r"(?:[a-z]|\d{1,2})"
)


@lru_cache(maxsize=1024)
def plain_name(name: str) -> str:
    """A column's name as it is compared.

    >>> plain_name("Audio File"), plain_name("choice_A")
    ('audiofile', 'choicea')
    """
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


@lru_cache(maxsize=4096)
def role_of(name: str) -> Literal["clip", "choices", "one choice"] | None:
    """Whether a column of that name names clips, or has choices: all of them, or one where another
    column has the next.

    >>> role_of("audio_path"), role_of("Options"), role_of("choice_a"), role_of("answer_1")
    ('clip', 'choices', 'one choice', None)
    """
    plain = plain_name(name)
    if plain in map(plain_name, CLIP_NAMES):
        return "clip"
    if plain in map(plain_name, CHOICES_NAMES):
        return "choices"
    return "one choice" if _ONE_CHOICE.fullmatch(plain) else None
