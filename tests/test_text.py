import os

from hypothesis import given
from hypothesis import strategies as st

from audiorouter.text import encodable, is_encodable, is_path, path_of, path_text

ANY = st.text() | st.lists(st.sampled_from([*"\\\\u", "d800", "\ud800", "\udcff"])).map("".join)


@given(ANY)
def test_a_path_is_written_as_text_and_comes_back(path):
    written = path_text(path)
    assert is_encodable(written)
    assert path_of(written) == path


@given(st.binary(max_size=20).filter(lambda name: b"\0" not in name))
def test_every_name_a_file_can_have_comes_back(name):
    assert is_path(os.fsdecode(name))
    assert os.fsencode(path_of(path_text(os.fsdecode(name)))) == name


@given(ANY)
def test_text_changes_only_where_it_cannot_be_encoded(text):
    written = encodable(text)
    written.encode()
    assert (written == text) is is_encodable(text)


def test_no_file_has_a_name_with_a_nul_or_half_a_character():
    assert not is_path("a\0b") and not is_path("\ud800")
