"""A model on a server that answers in batches, within a day."""

from __future__ import annotations

from dataclasses import replace

from audiorouter.errors import ClipError, ReasonerError
from audiorouter.machine.paths import default_store_path
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.openai import OpenAIOptions, wire
from audiorouter.providers.openai.batch_calls import LONGEST_SECONDS
from audiorouter.providers.openai.batch_records import BatchRecords
from audiorouter.providers.openai.reasoner import OpenAIReasoner
from audiorouter.providers.openai.server_batches import (
    MOST_REQUESTS,
    BatchTimes,
    ServerBatches,
)


class BatchReasoner(OpenAIReasoner):
    """The same model, prompt and answers as one by one, and so the same in the store."""

    longest_wait = LONGEST_SECONDS
    in_batches = True

    def __init__(self, model: str, options: OpenAIOptions):
        super().__init__(model, options)
        # Two full batches: while one is filled, the other one is sent.
        self.in_flight = 2 * MOST_REQUESTS
        self._batches: ServerBatches | None = None

    async def reply(self, request: Request) -> Answer:
        """Have the request answered in a batch.

        Raises:
            ReasonerError: the batch cannot be sent, or has no reply to it.
        """
        session = self.opened()
        if self._batches is None:
            server = str(session.client.base_url)
            records = BatchRecords(default_store_path().parent / "server-batches", server)
            times = BatchTimes(self._options.batch_gather, self._options.batch_poll)
            self._batches = ServerBatches(
                self.name, session.client, records, server, times, self._secrets
            )
        if self._options.audio == "none":
            request = replace(request, text_only=True)
        try:
            audio = None if request.text_only else await self._audio(request)
        except ClipError as error:
            raise ReasonerError(str(error)) from None
        sent = wire.body(self._model, request, audio, self._options, official=session.official)
        scored = "logprobs" in sent
        name = await self._batches.put(sent)
        del audio, sent  # thousands wait for a day
        reply = await self._batches.reply(name)
        # How long its turn took to come says nothing of how long it takes.
        return self.read(reply, request, scored=scored, seconds=0.0)

    async def close(self) -> None:
        """Close the connections; batches that are not done go on at the server."""
        batches, self._batches = self._batches, None
        if batches is not None:
            await batches.close()
        await super().close()
