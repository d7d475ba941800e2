"""Where languages follow each other: what is told of each stretch of speech, and what is not."""

from types import SimpleNamespace

import numpy as np
import pytest

from audiorouter.toolbox.frontends import whisper
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.speech.language import SpokenLanguage, _are_several, _with_untold
from audiorouter.toolbox.speech.language_stretches import _spans, stretches_by_language

SILENT = SimpleNamespace(mono=lambda rate: np.zeros(60 * rate, np.float32))


def stretches(monkeypatch, *heard):
    """Of sentences of 3 s with a second between them, in which this is heard."""
    given = iter([list(one.items()) for one in heard])
    monkeypatch.setattr(whisper, "languages", lambda _audio: (next(given), 3.0))
    segments = [Segment(4.0 * n, 4.0 * n + 3) for n in range(len(heard))]
    return stretches_by_language(SILENT, segments, "en").told


EN, FR = {"en": 0.99, "fr": 0.01}, {"fr": 0.98, "en": 0.01}
PERHAPS_EN, STRANGE = {"en": 0.5, "de": 0.3}, {"th": 0.6, "fi": 0.3, "en": 0.001}


def text_of(found):
    return SpokenLanguage()._several(found, {}, "").text


def test_what_is_likeliest_there_and_sure_beside_it_is_believed(monkeypatch):
    found = stretches(monkeypatch, EN, PERHAPS_EN, FR)
    assert [(s.language, s.start, s.end) for s in found] == [("en", 0, 7), ("fr", 8, 11)]
    assert "Two languages are spoken, one after the other: English from 0.0 to 7.0 s" in text_of(
        found
    )


def test_speech_that_cannot_be_told_belongs_to_neither_side_and_is_said(monkeypatch):
    found = stretches(monkeypatch, EN, STRANGE, EN, FR)
    assert [s.language for s in found] == ["en", None, "en", "fr"]
    text = text_of(found)
    assert text.startswith("At least two languages")
    assert text.endswith("The language is not certain from 4.0 to 7.0 s (perhaps Thai).")


def test_one_language_is_not_sure_where_something_else_is_heard(monkeypatch):
    found = stretches(monkeypatch, EN, STRANGE)
    assert _are_several(found, "en") and not _are_several(found, "it")
    finding = SpokenLanguage()._several(found, {}, "")
    assert "It may be another one from 4.0 to 7.0 s (perhaps Thai)." in finding.text
    assert finding.confidence <= 0.5


@pytest.mark.parametrize("heard", [(EN, EN), (EN, PERHAPS_EN), (PERHAPS_EN, PERHAPS_EN)])
def test_speech_in_one_language_is_not_divided(monkeypatch, heard):
    assert not _are_several(stretches(monkeypatch, *heard), "en")


def test_too_little_speech_goes_with_what_is_nearer():
    near_the_first = [Segment(0, 4), Segment(4.3, 5.6), Segment(6.6, 12)]
    assert _spans(near_the_first) == ([(0, 5.6), (6.6, 12)], [])
    near_the_second = [Segment(0, 4), Segment(5.0, 6.3), Segment(6.6, 12)]
    assert _spans(near_the_second) == ([(0, 4), (5.0, 12)], [])
    assert _spans([Segment(0, 1), Segment(3, 3.5)]) == ([(0, 3.5)], [])


def test_too_little_speech_after_a_long_pause_is_not_taken_for_its_neighbours():
    assert _spans([Segment(0, 1), Segment(4, 9), Segment(12, 13)]) == (
        [(4, 9)],
        [(0, 1), (12, 13)],
    )
    # Where nothing is longer, what is told of the whole clip is told of these.
    single_words = [Segment(4 * n, 4 * n + 1) for n in range(3)]
    assert _spans(single_words) == ([(0, 9)], [])
    finding = SpokenLanguage()._one([("fr", 0.9), ("en", 0.05)], {}, "")
    told = _with_untold(finding, [(0.0, 1.0)])
    assert told.text == (
        "The language that is spoken is French. "
        "Too short to tell its language is what is said from 0.0 to 1.0 s."
    )
    assert told.data["too_short"] == [{"start_s": 0.0, "end_s": 1.0}]
    many = _with_untold(finding, [(n, n + 1) for n in range(7)]).text
    assert many.count("from") == 3 and many.endswith(", and at four (4) other times.")
