"""Speech: prompts in five languages, whose words, voices and places are known."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import jiwer
import numpy as np
import soxr
from audioqa.sources import NUMBERS, RATE, VOICES, silence
from recordings import names_of

from toolbench import conversation
from toolbench.measures import Benchmark, majority
from toolbench.phoneme_facts import read_facts

RIGHT_WER = 0.2
"""Word error rate up to which a transcript counts as right."""
CODES = {name: code for name, (code, _) in VOICES.items()}


def measure(bench: Benchmark) -> None:
    """Measure every tool for speech."""
    rng = random.Random(f"speech {bench.split}")
    _transcribe(bench, rng)
    transcribe_untold(bench)
    _find_word(bench, rng)
    _word_order(bench)
    _phonemes(bench)
    _language(bench, rng)
    conversation.measure(bench)
    _voice_pitch(bench, rng)
    _activity(bench, rng)
    _rate(bench, rng)
    _quality(bench, rng)


def _draw(
    bench: Benchmark, rng: random.Random, language: str, words: tuple[int, int]
) -> np.ndarray:
    return bench.heard.prompt(language, rng.choice(list(bench.prompts(language, words))))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))


def _transcribe(bench: Benchmark, rng: random.Random) -> None:
    for language, count in (("English", 60), ("French", 30), ("Italian", 30)):
        prompts = bench.prompts(language, (4, 20))
        errors = []
        for name in rng.sample(sorted(prompts), min(count, len(prompts))):
            clip = bench.clip(np.concatenate([silence(0.3), bench.heard.prompt(language, name)]))
            found = bench.find("transcribe", clip, language=CODES[language]).data["text"]
            errors.append(jiwer.wer(_plain(prompts[name]), _plain(found) or "nothing"))
            bench.judge("transcribe", errors[-1] <= RIGHT_WER)
        what = f"word error rate, {language}, mean over clips"
        bench.mean("transcribe", what, errors, 1.0, better="lower")


def _numbers(
    bench: Benchmark, rng: random.Random, count: int
) -> tuple[list[int], list[float], Any]:
    """Numbers, when each begins, and the clip."""
    own = frozenset(names_of("prompt", bench.split))
    values = [value for value in sorted(NUMBERS) if f"English/digits/{value}" in own]
    chosen = [rng.choice(values) for _ in range(count)]
    parts, starts, time = [silence(0.3)], [], 0.3
    for value in chosen:
        said, pause = bench.heard.prompt("English", f"digits/{value}"), rng.uniform(0.4, 0.7)
        starts.append(time)
        parts += [said, silence(pause)]
        time += len(said) / RATE + round(pause * RATE) / RATE
    return chosen, starts, bench.clip(np.concatenate(parts))


def transcribe_untold(bench: Benchmark) -> None:
    """Sentences in one language or in two, of which `transcribe` is told none."""
    rng = random.Random(f"languages that are not told {bench.split}")
    alone = [(language,) for language in VOICES] * 8
    pairs = [*itertools.permutations(VOICES, 2)] * 2
    for what, spoken in (("one of five languages", alone), ("two, one after the other", pairs)):
        errors = []
        for languages in spoken:
            prompts = {one: bench.prompts(one, (6, 25)) for one in languages}
            names = [(one, rng.choice(sorted(prompts[one]))) for one in languages]
            audio = [part for one in names for part in (silence(0.5), bench.heard.prompt(*one))]
            found = bench.find("transcribe", bench.clip(np.concatenate(audio))).data["text"]
            said = " ".join(prompts[language][name] for language, name in names)
            errors.append(jiwer.wer(_plain(said), _plain(found) or "nothing"))
        what = f"word error rate, {what}, none told"
        bench.mean("transcribe", what, errors, 1.0, better="lower")


def _find_word(bench: Benchmark, rng: random.Random) -> None:
    right, places = [], []
    for _ in range(40):
        chosen, starts, clip = _numbers(bench, rng, 6)
        wanted = rng.choice(chosen)
        times = bench.find("find_word", clip, word=NUMBERS[wanted]).data.get("times", [])
        truth = [start for value, start in zip(chosen, starts, strict=True) if value == wanted]
        right.append(bench.judge("find_word", len(times) == len(truth)))
        places.append(
            bool(times) and all(min(abs(t["start_s"] - s) for s in truth) <= 0.5 for t in times)
        )
    bench.share("find_word", "said as often as found", right, 0.0)
    bench.share("find_word", "every place within 0.5 s", places, 1 / 6)


def _word_order(bench: Benchmark) -> None:
    """Three numbers that are said, and one that is not: their order and how often each is."""
    rng = random.Random(f"word order {bench.split}")
    first, orders, counts = [], [], []
    for _ in range(40):
        chosen, _starts, clip = _numbers(bench, rng, 6)
        said = list(dict.fromkeys(NUMBERS[value] for value in chosen))
        wanted = rng.sample(said, min(3, len(said)))
        unsaid = [word for value, word in NUMBERS.items() if value not in chosen]
        words = [*wanted, rng.choice(unsaid)]
        rng.shuffle(words)
        data = bench.find("find_word", clip, words=words).data
        truth = [word for word in said if word in wanted]
        order = data.get("order", [])
        first.append(order[:1] == truth[:1])
        orders.append(bench.judge("find_word", order == truth))
        found = {one["word"]: one["count"] for one in data.get("words", [])}
        counts.append(all(found.get(NUMBERS[v]) == chosen.count(v) for v in chosen
                          if NUMBERS[v] in words))  # fmt: skip
    bench.share("find_word", "which of four words comes first", first, 1 / 3)
    bench.share("find_word", "order of those that are said", orders, 1 / 6)
    bench.share("find_word", "how often each is said, all right", counts, 0.0)


def _phonemes(bench: Benchmark) -> None:
    """Facts that were looked up by hand, where the words are recognised; whatever the split."""
    findings: dict[str, Any] = {}
    right = []
    for fact in read_facts():
        if fact.prompt not in findings:
            said = [silence(0.3), bench.heard.prompt("English", fact.prompt), silence(0.3)]
            findings[fact.prompt] = bench.find("phonemes", bench.clip(np.concatenate(said))).data
        told = fact.is_told(findings[fact.prompt])
        if told is not None:
            right.append(bench.judge("phonemes", told))
    bench.share("phonemes", "facts looked up by hand, of words that are recognised", right, None)


def _language(bench: Benchmark, rng: random.Random) -> None:
    right = []
    for language in VOICES:
        for _ in range(15):
            said = _draw(bench, rng, language, (6, 25))
            clip = bench.clip(np.concatenate([silence(0.2), said]))
            found = bench.find("spoken_language", clip)
            right.append(bench.judge("spoken_language", found.data["language"] == CODES[language]))
    bench.share("spoken_language", "language of five", right, 0.2)
    rng = random.Random(f"two languages {bench.split}")
    both = [
        bench.judge("spoken_language", _stretches(bench, rng, pair) == [CODES[one] for one in pair])
        for pair in [*itertools.permutations(VOICES, 2)] * 2
    ]
    bench.share("spoken_language", "two languages of five, one after the other", both, 0.05)
    several = [bool(_stretches(bench, rng, (one, one))) for one in [*VOICES] * 10]
    what = "two sentences in one language, heard in several"
    bench.share("spoken_language", what, several, None, better="lower")


def _stretches(bench: Benchmark, rng: random.Random, languages: tuple[str, str]) -> list[str]:
    """The languages that are heard one after the other where a sentence is said in each."""
    first, second = (_draw(bench, rng, language, (6, 25)) for language in languages)
    clip = bench.clip(np.concatenate([silence(0.2), first, silence(0.5), second]))
    found = bench.find("spoken_language", clip).data
    return [stretch["language"] for stretch in found.get("stretches", ())]


def _voice_pitch(bench: Benchmark, rng: random.Random) -> None:
    """A voice, and the same voice played slower or faster: the ratio is known."""
    close, higher, truths = [], [], []
    for index in range(40):
        voice = rng.choice(list(VOICES))
        said = _draw(bench, rng, voice, (8, 25))
        ratio = rng.uniform(1.15, 1.4) if index % 2 else 1 / rng.uniform(1.15, 1.4)
        other = soxr.resample(said, RATE, RATE / ratio)
        first, second = (
            bench.find("voice_pitch", bench.clip(audio), count=1).data["speakers"]
            for audio in (said, other)
        )
        truths.append(ratio > 1)
        if not first or not second:
            close.append(False)
            higher.append(False)
            continue
        found = second[0]["median_hz"] / first[0]["median_hz"]
        close.append(abs(12 * np.log2(found / ratio)) <= 1)
        higher.append((found > 1) == (ratio > 1))
        bench.judge("voice_pitch", close[-1])
    bench.share("voice_pitch", "which of two voices is higher", higher, majority(truths))
    bench.share("voice_pitch", "their distance within a semitone", close, None)


def _activity(bench: Benchmark, rng: random.Random) -> None:
    begins, ends, alarms = [], [], []
    for _ in range(40):
        before, after = rng.uniform(0.5, 5), rng.uniform(0.5, 3)
        said = _draw(bench, rng, rng.choice(list(VOICES)), (6, 25))
        clip = bench.clip(np.concatenate([silence(before), said, silence(after)]))
        found = bench.find("speech_activity", clip).data["segments"]
        begins.append(bool(found) and abs(found[0]["start_s"] - before) <= 0.2)
        bench.judge("speech_activity", begins[-1])
        ends.append(bool(found) and abs(found[-1]["end_s"] - before - len(said) / RATE) <= 0.2)
    from audioqa.sources import STAMPS

    for name in sorted(STAMPS):
        found = bench.find("speech_activity", bench.clip(bench.heard.stamp(name)))
        alarms.append(bench.judge("speech_activity", not found.data["segments"]))
    bench.share("speech_activity", "begin of speech within 0.2 s", begins, None)
    bench.share("speech_activity", "end of speech within 0.2 s", ends, None)
    bench.share("speech_activity", "no speech in sounds that are none", alarms, 0.0)


def _rate(bench: Benchmark, rng: random.Random) -> None:
    pauses, close, counts = [], [], []
    prompts = bench.prompts("English", (3, 8))
    for index in range(40):
        count = index % 5
        chosen = [rng.choice(sorted(prompts)) for _ in range(count + 1)]
        parts: list[np.ndarray] = []
        for position, name in enumerate(chosen):
            parts += [silence(rng.uniform(0.7, 1.2) if position else 0.2)]
            parts += [bench.heard.prompt("English", name)]
        audio = np.concatenate(parts)
        words = sum(len(prompts[name].split()) for name in chosen)
        data = bench.find("speaking_rate", bench.clip(audio)).data
        counts.append(count)
        pauses.append(bench.judge("speaking_rate", len(data["pauses"]) == count))
        rate = 60 * words / (len(audio) / RATE - 0.2)
        close.append(abs((data["words_per_minute"] or 0) / rate - 1) <= 0.15)
    bench.share("speaking_rate", "number of pauses (0 to 4)", pauses, majority(counts))
    bench.share("speaking_rate", "words a minute within 15%", close, None)


def _quality(bench: Benchmark, rng: random.Random) -> None:
    """Each prompt clean, and in noise at 5 dB: the tool should tell which is which."""
    told, ranked = [], []
    for index in range(40):
        said = _draw(bench, rng, rng.choice(list(VOICES)), (6, 25))
        level = float(np.sqrt(np.mean(said**2))) * 10 ** (-5 / 20)
        noisy = said + np.random.default_rng(index).standard_normal(len(said)) * level
        clean, bad = (
            bench.find("speech_quality", bench.clip(audio)).data for audio in (said, noisy)
        )
        scores = [data["overall"] or 1.0 for data in (clean, bad)]
        backgrounds = [data.get("background") or 1.0 for data in (clean, bad)]
        ranked.append(scores[0] > scores[1])
        told += [backgrounds[0] >= 3.0, bench.judge("speech_quality", backgrounds[1] < 3.0)]
    bench.share("speech_quality", "clean rated above noise at 5 dB", ranked, 0.5)
    bench.share("speech_quality", "clean or noisy", told, 0.5)
