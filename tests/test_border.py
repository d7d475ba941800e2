import pytest

from audiorouter.border import describe


class MuteError(Exception):
    def __str__(self):
        raise SystemExit(3)


class NoTextError(Exception):
    def __str__(self):
        return 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such note"), "ValueError: no such note"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (RuntimeError("two\n\n lines"), "RuntimeError: two lines"),
        (MuteError("x"), "MuteError: (its text raises SystemExit)"),
        (NoTextError(), "NoTextError: (its text raises TypeError)"),
        (ValueError("lone \ud800"), "ValueError: lone \\ud800"),
    ],
)
def test_any_exception_is_one_line_that_can_be_written(error, said):
    assert describe(error) == said
    describe(error).encode("utf-8")


def test_a_long_text_is_cut():
    said = describe(ValueError("x" * 10_000_000))
    assert len(said) == 2_000 and said.endswith("x…")
