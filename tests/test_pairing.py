"""Which rows of two runs go together: by what was asked, not by what they are called."""

from __future__ import annotations

from audiorouter.batch.past.pairing import pair_rows
from audiorouter.batch.past.past_rows import PastRow


def past(identity, audio="a.wav", clip=None, choices=("yes", "no"), question="Is it?"):
    return PastRow(identity, audio, question, choices, "yes", True, (), None, {}, clip)


def paired(first, second):
    return [(a.id, b.id) for a, b in pair_rows(first, second).pairs]


def test_rows_go_together_by_what_was_asked_and_not_by_what_they_are_called():
    first = [past("1", "a.wav", "h1"), past("2", "b.wav", "h2")]
    second = [past("x", "copy/b.wav", "h2"), past("1", "other.wav", "h3")]
    found = pair_rows(first, second)
    assert [(a.id, b.id) for a, b in found.pairs] == [("2", "x")]
    assert (found.only_first, found.only_second) == (1, 1)
    assert found.others == (None, second[0])
    assert paired([past("1", clip="h1")], [past("1", clip="h2")]) == []  # the file was changed
    assert paired([past("1", clip="h1")], [past("9")]) == [("1", "9")]  # an answers file
    turned = past("1", choices=("no", "yes"))
    assert paired([past("1")], [turned]) == [("1", "1")]
    assert paired([past("1")], [past("1", choices=("yes", "maybe"))]) == []
    assert paired([past("1", choices=None)], [past("1")]) == [("1", "1")]  # an earlier version's


def test_of_rows_that_ask_the_same_those_of_one_name_go_together():
    assert paired([past("1"), past("2")], [past("2"), past("3")]) == [("1", "3"), ("2", "2")]
    assert paired([past("1")] * 3, [past("1")] * 2) == [("1", "1")] * 2
