"""The search for garbage is held back for a while, and a program that set it up keeps that."""

import gc
import weakref

import pytest

from audiorouter.machine.garbage import looked_for_rarely


@pytest.fixture(autouse=True)
def _as_in_a_program():
    """Without what the tests have set up themselves."""
    frozen, threshold = gc.get_freeze_count(), gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*threshold)
    if frozen:
        gc.freeze()


def state():
    # What is spared may be given back at any time, so that it is a little less.
    return gc.get_threshold(), gc.get_freeze_count() > 0, gc.isenabled()


@pytest.mark.slow
def test_it_is_as_before_when_the_last_one_has_ended():
    before = state()
    with pytest.raises(KeyboardInterrupt), looked_for_rarely():
        during = state()
        with looked_for_rarely():
            assert state() == during
        assert state() == during != before
        raise KeyboardInterrupt
    assert state() == before


@pytest.mark.parametrize(
    ("change", "back"), [(gc.freeze, gc.unfreeze), (gc.disable, gc.enable)], ids=["freeze", "off"]
)
def test_a_program_that_set_it_up_keeps_that(change, back):
    change()
    try:
        before = state()
        with looked_for_rarely():
            assert state() == before
        assert state() == before
    finally:
        back()


def test_what_was_garbage_before_is_given_back():
    class Ring:
        def __init__(self):
            self.itself = self

    ring = Ring()
    there = weakref.ref(ring)
    del ring
    with looked_for_rarely():
        assert there() is None
