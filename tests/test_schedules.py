"""The pipeline under schedules drawn at random; `python tests/schedules.py 2000` plays more."""

import logging

from schedules import play_many


def test_no_schedule_hangs_loses_a_row_or_does_anything_twice(caplog):
    caplog.set_level(logging.CRITICAL)
    play_many(range(250))
