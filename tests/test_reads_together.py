"""Reading the store for many at once."""

import asyncio

import pytest

from audiorouter.errors import StoreError
from audiorouter.store.reads_together import ReadsTogether


def test_what_is_wanted_at_the_same_moment_is_read_at_once():
    asked = []

    def read(keys):
        asked.append(sorted(keys))
        return {key: key.upper() for key in asked[-1] if key != "c"}

    async def work():
        reads = ReadsTogether(read)
        found = await asyncio.gather(*(reads.get([key]) for key in "abc"))
        return [each.get(key) for each, key in zip(found, "abc", strict=True)]

    assert asyncio.run(work()) == ["A", "B", None]
    assert asked == [["a", "b", "c"]]


def test_a_store_that_fails_fails_for_everybody_who_waits_and_for_nobody_else():
    async def work():
        def read(keys):
            raise StoreError("the disk failed")

        reads = ReadsTogether(read)
        waiting = [asyncio.create_task(reads.get(["a"])) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [str(error) for error in found[1:]] == ["the disk failed"] * 2
        with pytest.raises(StoreError):
            await reads.get(["b"])

    asyncio.run(work())
