"""The pipeline under schedules drawn at random; `python tests/schedules.py 2000` plays more."""

import logging

import pytest
from schedules import play_many


@pytest.mark.slow
@pytest.mark.parametrize(
    "seeds", [range(50), pytest.param(range(50, 250), marks=pytest.mark.slow)], ids=str
)
def test_no_schedule_hangs_loses_a_row_or_does_anything_twice(caplog, seeds):
    caplog.set_level(logging.CRITICAL)
    play_many(seeds)
