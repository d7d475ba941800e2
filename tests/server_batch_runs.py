"""Requests that are put into batches of a test server, by one process after the other."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from openai import AsyncOpenAI

from audiorouter.providers.openai.batch_records import BatchRecords
from audiorouter.providers.openai.server_batches import BatchTimes, ServerBatches


@asynccontextmanager
async def opened(server, tmp_path, *, secrets=()):
    records = BatchRecords(tmp_path / "records", server.url)
    times = BatchTimes(gather=0.02, poll=0.02)
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        batches = ServerBatches("openai:ears", client, records, server.url, times, secrets)
        try:
            async with asyncio.timeout(20):
                yield batches
        finally:
            await batches.close()


async def reply_to(batches, question, times=1):
    body = {"model": "ears", "messages": [{"role": "user", "content": question * times}]}
    name = await batches.put(body)
    del body
    return (await batches.reply(name))["choices"][0]["message"]["content"]


async def killed_while_waiting(server, tmp_path, records, *, known):
    """Leave a batch behind, whose id was written down, or was not yet."""
    async with opened(server, tmp_path) as batches:
        waiting = asyncio.create_task(reply_to(batches, "What?"))
        while not (made := [each for each in records if each.batch]):
            await asyncio.sleep(0.02)
        waiting.cancel()
    records.keep(replace(made[0], batch=made[0].batch if known else None))


async def gone_on(server, tmp_path):
    async with opened(server, tmp_path) as batches:
        return await reply_to(batches, "What?")
