"""Who says what, and when: the words of a transcript, each given to the speaker of its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.frontends.speaker_turns import LONGER
from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.interface import Domain, Finding, Tool
from audiorouter.toolbox.lengths import span
from audiorouter.toolbox.phrases import count_of, listing, ordinal, superlative
from audiorouter.toolbox.speech.language import LanguageCode, language_in
from audiorouter.toolbox.speech.speakers import (
    CLEAR_MARGIN,
    UNSURE,
    SpeakerArguments,
    evidence_of,
)

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.speaker_turns import Turn
    from audiorouter.toolbox.frontends.transcript import Word

TEXT_LIMIT = 900
"""Characters of what is said that the reasoner is shown; the data hold all of it."""


class ConversationArguments(SpeakerArguments):
    """What is known beforehand."""

    language: LanguageCode | None = Field(
        default=None,
        description="ISO 639 code of the language that is spoken; by default it is heard.",
    )


class Utterance(NamedTuple):
    """What one speaker says until another one speaks; times in s, `speaker` counts from 0."""

    speaker: int
    start: float
    end: float
    text: str


class Conversation(Tool[ConversationArguments]):
    """Whisper's words on the turns of `speakers`, as whisperX joins them (Bain et al., 2023)."""

    name = "conversation"
    description = (
        "Writes down a conversation with its speakers: who says what, in which order and when. "
        "Helps with what a certain speaker says, who answers, asks or mentions something, and what "
        "people talk about."
    )
    not_for = (
        "Not for speech of a single person, which a transcript holds as well, nor for people who "
        "talk over each other: a word is given to one of them."
    )
    examples = (
        "What does the second speaker say?",
        "Who asks for the price?",
        "What does the man answer?",
        "Which speaker mentions the weather?",
        "What are the two people talking about?",
        "The doctor recommends ___ after the patient describes the pain.",
        "I run a call centre: did the agent or the client mention the cancellation fee?",
        "Which participant disagrees with the plan, and what reason is given?",
        "At what point in the exchange does the other person apologise?",
        "Why can't the second person come to the party, according to what he tells his friend?",
        "Which of these best sums up the disagreement between the father and daughter?",
        "After the customer explains his problem, what solution does the agent offer?",
        "True or false: it's the first speaker who suggests taking the train.",
    )
    version = "7"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = ConversationArguments
    packages = ("faster-whisper", "torch", "scipy")
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base", "silero-vad", "yamnet", "resemblyzer")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.transcript import load_networks as load_transcription
        from audiorouter.toolbox.frontends.voices import load_networks

        load_transcription()
        load_networks()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the language that the question says is spoken."""
        arguments = super().arguments_in(question, choices)
        code = language_in(question)
        return arguments | ({"language": code} if code is not None else {})

    def run(self, clip: Clip, arguments: ConversationArguments) -> Finding:
        """Transcribe, tell the voices apart, and give each word to a turn."""
        from audiorouter.toolbox.frontends.transcript import transcript
        from audiorouter.toolbox.frontends.voices import voices

        turns, margin = voices(clip, arguments.count)
        if not turns:
            return Finding.not_measured(NO_SPEECH, utterances=[])
        heard = transcript(clip, arguments.language)
        if not heard.words:
            return Finding.not_measured("no words are recognised", utterances=[])
        said = utterances(heard.words, turns)
        words = words_by_speaker(said)
        most = says_most(words)
        data = {
            "speakers": len({turn.speaker for turn in turns}),
            "words_by_speaker": {str(who + 1): count for who, count in words.items()},
            "says_most": None if most is None else most + 1,
            "language": heard.language,
            "mean_log_probability": round(heard.confidence, 3),
            "utterances": [
                {
                    "speaker": one.speaker + 1,
                    "start_s": round(one.start, 2),
                    "end_s": round(one.end, 2),
                    "text": one.text,
                }
                for one in said
            ],
        }
        unsure = margin is not None and margin < CLEAR_MARGIN
        # A slip of either part spoils who says what, so that the weaker one decides.
        evidence = min(evidence_of(margin), 4 * (heard.confidence + 0.7))
        text = described(said) + (UNSURE if unsure else "")
        return Finding(data, text, self.confidence(evidence, unsure=unsure))


def speakers_of(words: Sequence[Word], turns: Sequence[Turn]) -> list[int]:
    """The speaker of each word: whose turn holds most of it, or is nearest to it."""
    speakers = []
    for word in words:

        def fit(turn: Turn, word: Word = word) -> tuple[float, float]:
            shared = min(word.end, turn.end) - max(word.start, turn.start)
            return max(0.0, shared), shared

        speakers.append(max(turns, key=fit).speaker)
    return speakers


def utterances(words: Sequence[Word], turns: Sequence[Turn]) -> list[Utterance]:
    """The words as utterances: a new one begins where another speaker's first word is."""
    joined: list[Utterance] = []
    for word, speaker in zip(words, speakers_of(words, turns), strict=True):
        if joined and joined[-1].speaker == speaker:
            last = joined[-1]
            joined[-1] = last._replace(end=word.end, text=word.behind(last.text))
        else:
            joined.append(Utterance(speaker, word.start, word.end, word.text))
    return joined


def described(said: Sequence[Utterance]) -> str:
    """One line an utterance, up to `TEXT_LIMIT`, and how much each speaker says."""
    lines: list[str] = []
    left = TEXT_LIMIT
    for one in said:
        if left <= 0:
            lines.append(f"… and {count_of(len(said) - len(lines), 'more utterance')}.")
            break
        text = one.text if len(one.text) <= left else one.text[:left].rsplit(" ", 1)[0] + " …"
        left -= len(text)
        lines.append(f'Speaker {one.speaker + 1}, {span(one.start, one.end)}: "{text}"')
    words = words_by_speaker(said)
    if len(words) == 1:
        lines.append("One (1) person speaks; nobody else is heard.")
    else:
        shares = listing(
            [
                f"speaker {who + 1} {count} word{'' if count == 1 else 's'}"
                for who, count in words.items()
            ]
        )
        most, more = says_most(words), superlative(len(words), "more", "the most")
        says = "" if most is None else f" {ordinal(most + 1).capitalize()} speaker says {more}."
        lines.append(
            f"{count_of(len(words), 'speaker').capitalize()}: {shares}.{says} Speaker "
            f"{said[0].speaker + 1} speaks first, speaker {said[-1].speaker + 1} last."
        )
    return "\n".join(lines)


def words_by_speaker(said: Sequence[Utterance]) -> dict[int, int]:
    """How many words each speaker says."""
    words = dict.fromkeys(sorted({one.speaker for one in said}), 0)
    for one in said:
        words[one.speaker] += len(one.text.split())
    return words


def says_most(words: Mapping[int, int]) -> int | None:
    """The speaker who says clearly more words than every other, as `speakers` calls one longer."""
    return clearly_greatest(words, factor=LONGER)
