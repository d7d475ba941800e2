"""Talk: how many speak, who says what, and how it is said."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from typing import Any, NamedTuple

import jiwer
import numpy as np
import soxr
from audioqa.sources import RATE, VOICES, silence
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate
from scipy.optimize import linear_sum_assignment

from toolbench.measures import Benchmark
from toolbench.talk import SAME_PERSON, Said, joined, order_of, people, voices

PLAYED = {"as it is": 1.0, "deeper": 0.8, "higher": 1.22, "much deeper": 0.68}
"""How much faster one voice is played, which makes others of it."""
RIGHT_SHARE = 0.9
"""Share of words with the right speaker from which a conversation counts as right."""


class _Words(NamedTuple):
    right: float
    """Share of the recognised words that were said with the right speaker."""
    wer: float
    cpwer: float


def measure(bench: Benchmark) -> None:
    """Measure the tools for talk of several people."""
    rng = random.Random(f"conversation {bench.split}")
    _number(bench, rng)
    _who_says_what(bench, rng)
    _prosody(bench, rng)


def _number(bench: Benchmark, rng: random.Random) -> None:
    """Talk of one to five people: any, all of one sex, and readers of sentences."""
    speak = voices(bench)
    pools = {
        "any voices": (sorted(speak), 5, False),
        "all men or all women": (sorted(speak), 5, True),
        "readers over the telephone": (sorted(VOICES), 4, False),
    }
    for what, (pool, most, alike) in pools.items():
        found: dict[str, list[bool]] = {"speakers": [], "diarization": []}
        errors: list[float] = []
        for index in range(8 * most):
            count = 1 + index % most
            chosen = people(rng, pool, count, alike=alike) or people(rng, pool, count, alike=False)
            assert chosen is not None
            turns = [(name, speak[name](rng), "") for name in order_of(rng, chosen, count + 2)]
            audio, said = joined(rng, turns)
            clip = bench.clip(audio)
            for tool, right in found.items():
                if tool == "diarization" and what != "any voices":
                    continue
                data = bench.find(tool, clip).data
                right.append(bench.judge(tool, data["speakers"] == count))
                if tool == "speakers":
                    errors.append(_diarization_error(said, data["turns"]))
        for tool, right in found.items():
            if right:
                bench.share(tool, f"number of speakers (1 to {most}), {what}", right, 1 / most)
        rate = f"diarization error rate, collar 0.25 s, {what}"
        bench.mean("speakers", rate, errors, None, better="lower")


def _diarization_error(said: list[Said], turns: list[dict[str, Any]]) -> float:
    truth, found = Annotation(), Annotation()
    for one in said:
        truth[Segment(one.start, one.end)] = one.voice
    for turn in turns:
        found[Segment(turn["start_s"], turn["end_s"])] = turn["speaker"]
    return float(DiarizationErrorRate(collar=0.5)(truth, found))


def _who_says_what(bench: Benchmark, rng: random.Random) -> None:
    """Voices made of one reader of English, and readers of several languages, two to four each.

    No two recorded voices with transcripts speak the same language.
    """
    prompts = {language: bench.prompts(language, (5, 14)) for language in VOICES}

    def turn(voice: str, language: str, speed: float) -> tuple[str, np.ndarray, str]:
        name = rng.choice(sorted(prompts[language]))
        audio = bench.heard.prompt(language, name)
        if speed != 1.0:
            audio = soxr.resample(audio, RATE, RATE / speed)
        return voice, audio, _plain(prompts[language][name])

    results = []
    for index in range(30):
        chosen = rng.sample(sorted(PLAYED), 2 + index % 3)
        order = order_of(rng, chosen, len(chosen) + 2)
        audio, said = joined(rng, [turn(name, "English", PLAYED[name]) for name in order])
        data = bench.find("conversation", bench.clip(audio), language="en").data
        results.append(_words(said, data["utterances"]))
        bench.judge("conversation", results[-1].right >= RIGHT_SHARE)
    _measure_words(bench, results, "2 to 4 voices made of one")
    results, placed = [], []
    for index in range(30):
        readers = people(rng, sorted(VOICES), 2 + index % 3, alike=False)
        assert readers is not None
        order = order_of(rng, readers, len(readers) + 2)
        audio, said = joined(rng, [turn(name, name, 1.0) for name in order])
        data = bench.find("conversation", bench.clip(audio)).data
        results.append(_words(said, data["utterances"]))
        placed.append(_placed(said, data["utterances"]))
        bench.judge("conversation", placed[-1] >= RIGHT_SHARE)
    _measure_words(bench, results, "2 to 4 readers, a language each")
    what = "time of utterances with the right speaker, 2 to 4 readers"
    bench.mean("conversation", what, placed)


def _measure_words(bench: Benchmark, results: list[_Words], whose: str) -> None:
    right = [result.right for result in results]
    bench.mean("conversation", f"words with the right speaker, {whose}", right)
    for what, errors in (
        ("word error rate", [result.wer for result in results]),
        ("cpWER", [result.cpwer for result in results]),
    ):
        bench.mean("conversation", f"{what}, {whose}", errors, 1.0, better="lower")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))


def _words(said: list[Said], utterances: list[dict[str, Any]]) -> _Words:
    truth = [(word, one.voice) for one in said for word in one.text.split()]
    found = [(w, one["speaker"]) for one in utterances for w in _plain(one["text"]).split()]
    if not found:
        return _Words(0.0, 1.0, 1.0)
    reference, heard = (" ".join(word for word, _ in words) for words in (truth, found))
    aligned = jiwer.process_words(reference, heard)
    pairs: Counter[tuple[str, int]] = Counter()
    for chunk in aligned.alignments[0]:
        if chunk.type in ("equal", "substitute"):
            length = chunk.ref_end_idx - chunk.ref_start_idx
            for offset in range(length):
                voice = truth[chunk.ref_start_idx + offset][1]
                pairs[voice, found[chunk.hyp_start_idx + offset][1]] += 1
    return _Words(_best(pairs), float(aligned.wer), _cpwer(truth, found))


def _best(pairs: Counter[tuple[str, int]]) -> float:
    """Share of what is counted that agrees, under the best match of voices and speakers."""
    names = sorted({voice for voice, _ in pairs})
    speakers = sorted({speaker for _, speaker in pairs})
    table = np.array([[pairs[name, speaker] for speaker in speakers] for name in names])
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / max(1, table.sum()))


def _cpwer(truth: list[tuple[str, str]], found: list[tuple[str, int]]) -> float:
    """Concatenated minimum-permutation word error rate (Watanabe et al., CHiME-6, 2020)."""
    names, speakers = sorted({v for _, v in truth}), sorted({s for _, s in found})
    size = max(len(names), len(speakers))
    said = [[w for w, v in truth if v == name] for name in names]
    heard = [[w for w, s in found if s == speaker] for speaker in speakers]
    said += [[] for _ in range(size - len(said))]
    heard += [[] for _ in range(size - len(heard))]
    errors = np.array([[_errors(one, other) for other in heard] for one in said])
    orders = itertools.permutations(range(size))
    return min(sum(errors[i, j] for i, j in enumerate(o)) for o in orders) / len(truth)


def _errors(said: list[str], heard: list[str]) -> int:
    if not said or not heard:
        return max(len(said), len(heard))
    aligned = jiwer.process_words(" ".join(said), " ".join(heard))
    return aligned.substitutions + aligned.deletions + aligned.insertions


def _placed(said: list[Said], utterances: list[dict[str, Any]]) -> float:
    """Share of the time of utterances, in hundredths within a turn, that agrees with the turns."""
    pairs: Counter[tuple[str, int]] = Counter()
    for one in utterances:
        for time in np.arange(one["start_s"], one["end_s"], 0.01):
            for turn in said:
                if turn.start <= time < turn.end:
                    pairs[turn.voice, one["speaker"]] += 1
    return _best(pairs) if pairs else 0.0


def _prosody(bench: Benchmark, rng: random.Random) -> None:
    """Three turns of a voice, of which one is played faster, slower, louder or quieter."""
    told: dict[str, list[bool]] = {"higher": [], "louder": [], "as the others": []}
    for index in range(48):
        voice = rng.choice([name for name in VOICES if name not in SAME_PERSON or index % 2])
        prompts = rng.sample(sorted(bench.prompts(voice, (6, 25))), 3)
        kind = ("played", "gain", "none")[index % 3]
        factor = rng.uniform(1.3, 1.5) ** rng.choice((-1, 1)) if kind == "played" else 1.0
        gain = rng.uniform(7, 10) * rng.choice((-1, 1)) if kind == "gain" else 0.0
        parts = [silence(0.2)]
        for position, name in enumerate(prompts):
            said = bench.heard.prompt(voice, name) * 0.4
            if position == 1:
                said = soxr.resample(said, RATE, RATE / factor) * 10 ** (gain / 20)
            parts += [said, silence(1.2)]
        middle = (sum(map(len, parts[:3])) + len(parts[3]) / 2) / RATE
        turns = bench.find("prosody", bench.clip(np.concatenate(parts)), count=1).data["turns"]
        turn = next((t for t in turns if t["start_s"] <= middle <= t["end_s"]), None)
        words = (turn or {}).get("unlike_their_other_turns") or []
        if kind == "played":
            right = ("higher" if factor > 1 else "lower") in words
            told["higher"].append(right)
        elif kind == "gain":
            right = ("louder" if gain > 0 else "quieter") in words
            told["louder"].append(right)
        else:
            right = not {"louder", "quieter"} & set(words)
            told["as the others"].append(right)
        bench.judge("prosody", right)
    bench.share("prosody", "a turn is higher or lower than the others", told["higher"], 1 / 3)
    bench.share("prosody", "a turn is louder or quieter than the others", told["louder"], 1 / 3)
    bench.share("prosody", "no turn is louder where none is", told["as the others"], 1 / 3)
