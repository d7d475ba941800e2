import pytest
from scipy.stats import binomtest

from audiorouter.scoring import open_match, proportion, string_match


def test_interval_of_known_values():
    # Wilson 95% for 8 of 10, e.g. Agresti & Coull 1998.
    share = proportion(8, 10)
    assert (share.low, share.high) == pytest.approx((0.490, 0.943), abs=0.001)
    assert proportion(0, 10).low == 0 and proportion(10, 10).high == 1
    assert str(proportion(0, 0)) == "-"


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_interval_is_that_of_scipy(confidence):
    for total in (1, 2, 7, 100):
        for right in range(total + 1):
            share = proportion(right, total, confidence)
            low, high = binomtest(right, total).proportion_ci(confidence, method="wilson")
            assert (share.low, share.high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(
    ("answer", "prediction", "right"),
    [
        ("a dog", "a dog", True),
        ("a dog", "It is a dog.", True),
        ("a dog", "a cat", False),
        ("a dog", "a dog and a cat", False),
        ("a dog", "", False),
    ],
)
def test_string_match_as_the_authors_score(answer, prediction, right):
    assert string_match(answer, prediction, ["a dog", "a cat"]) is right


def test_open_answers_match_in_order_and_as_words():
    assert open_match("pound key", "Press the pound key!")
    assert not open_match("cat", "concatenate")
    assert not open_match("key pound", "the pound key")
