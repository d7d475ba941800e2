"""What a batch may take at most: money, requests, seconds. It ends in good order when it is taken.

No further request is sent then; those under way are waited for, since they are paid for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.providers.interface import Answer, Reasoner
from audiorouter.providers.prices import money_of

_LAST_ANSWERS_SECONDS = 60.0
"""How long answers under way are waited for where the time is up."""
_TAKEN_OVER_SECONDS = 0.1
"""In which rows take over the answers that were made for them."""
_log = logging.getLogger(__name__)


class NotAskedError(Exception):
    """A request was not sent after all.

    Somebody else has had it answered meanwhile, or the batch that was to pay for it has ended.
    """


class CeilingReached(Exception):  # noqa: N818 - nothing went wrong
    """The batch has taken what it may; the text says which ceiling it was."""


@dataclass(frozen=True)
class Ceilings:
    """None of each is without end."""

    cost: float | None = None
    """Money, in that of the prices, for the answers that are made."""
    requests: int | None = None
    """Requests to reasoner and judge, those among them that had to be sent again."""
    seconds: float | None = None

    def check(self, *asked: Reasoner | None) -> None:
        """Raise `UsageError` where it would not be known in time what answers cost."""
        for reasoner in asked:
            if self.cost is not None and reasoner is not None and reasoner.in_batches:
                raise UsageError(
                    f"--max-cost: {reasoner.name} answers in batches of its server, and what one "
                    "costs is known when it is done; give --max-requests"
                )

    @property
    def names(self) -> list[str]:
        """The options that set one."""
        return [f"--max-{name}" for name, most in vars(self).items() if most is not None]


class Budget:
    """What of a batch's ceilings is taken. Use it within one event loop.

    An answer's cost is known when it is there: until then one that is under way counts as much as
    the dearest so far, and no more are under way than there were answers, after the first. So more
    is spent only by as much as answers get dearer, which is said.
    """

    def __init__(self, ceilings: Ceilings):
        self._ceilings = ceilings
        self._accounts: list[Account] = []
        self._started = time.monotonic()
        self._spent = 0.0
        self._dearest: float | None = None
        self._under_way = self._settled = 0
        self._why: str | None = None
        self._late = self._held = False
        self._closed = False
        self._reached = asyncio.Event()
        self._changed = asyncio.Event()

    def account(self, reasoner: Reasoner) -> Account:
        """That of a reasoner, for the requests that it gets for this batch."""
        self._accounts.append(Account(self, reasoner, reasoner.extra_requests))
        return self._accounts[-1]

    async def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the work done as far as the ceilings go.

        Raises:
            CeilingReached: it was ended at one.
        """
        working = asyncio.ensure_future(work)
        reached = asyncio.ensure_future(self._reached.wait())
        try:
            left = self._ceilings.seconds
            if left is not None:
                left = max(0.0, left - (time.monotonic() - self._started))
            done, _ = await asyncio.wait(
                {working, reached}, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            if working in done:
                return await working
            if reached not in done:
                self._late = True
                self._reach(f"--max-seconds {self._ceilings.seconds:g}")
                await self._until_answered(_LAST_ANSWERS_SECONDS)
            else:
                await self._until_answered(None)
            if working.done() and not (self._held and working.exception() is None):
                return await working  # what was under way was all that was left
        finally:
            reached.cancel()
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            # Somebody else may wait for an answer that is asked for on this account.
            self._closed = True
            self._change()
        raise CeilingReached(self._why)

    async def _until_answered(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._under_way:
                    await self._changed.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_TAKEN_OVER_SECONDS)

    async def admit(self) -> None:
        """Wait until one more request may be sent; where none may be any more, for the end.

        Raises:
            NotAskedError: the batch has ended.
        """
        while not self._may_start():
            if self._closed:
                raise NotAskedError
            await self._changed.wait()
        self._under_way += 1

    def begin(self) -> None:
        """Cancel what would begin a call or fetch a clip once the time is up.

        Raises:
            asyncio.CancelledError: it is.
        """
        if self._late:
            self._held = True
            raise asyncio.CancelledError

    def take_back(self) -> None:
        """One request was not sent after all that was let begin."""
        self._under_way -= 1
        self._change()

    def settle(self, cost: float | None) -> None:
        """Count what a request that was under way cost.

        None where it failed, which says nothing of what answers cost.
        """
        self._under_way -= 1
        if cost is not None:
            self._count(cost)
        self._change()

    def _count(self, cost: float) -> None:
        self._settled += 1
        most, before = self._ceilings.cost, self._spent
        self._spent += cost
        if most is not None and before <= most < self._spent:
            _log.warning(
                "--max-cost %g: %.4g is spent: an answer was dearer than those before",
                most,
                self._spent,
            )
        self._dearest = max(cost, self._dearest or 0.0)

    def refuse(self, why: str) -> None:
        """End the batch since it cannot be told what it takes."""
        self._reach(why)

    def _may_start(self) -> bool:
        most = self._ceilings
        if self._why is not None:
            return False
        sent = sum(account.requests for account in self._accounts)
        if most.requests is not None and sent >= most.requests:
            self._reach(f"--max-requests {most.requests}")
        elif most.cost is not None:
            if most.cost <= 0:
                self._reach("--max-cost 0")
            elif self._dearest is None:
                return self._under_way == 0
            elif self._under_way > self._settled:
                return False
            elif self._spent + (self._under_way + 1) * self._dearest > most.cost:
                if self._under_way == 0:
                    self._reach(f"--max-cost {most.cost:g}, of which {self._spent:.4g} is spent")
                return False
        return self._why is None

    def _reach(self, why: str) -> None:
        self._why = self._why or why
        self._reached.set()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def time_is_up(self) -> bool:
        """Whether nothing that waits for its turn may begin any more."""
        return self._late

    @property
    def ended(self) -> bool:
        """Whether the batch has."""
        return self._closed

    @property
    def counts_money(self) -> bool:
        """Whether costs have a ceiling."""
        return self._ceilings.cost is not None


@dataclass
class Account:
    """What one reasoner takes of a budget."""

    budget: Budget
    reasoner: Reasoner
    extra_before: int
    """Its extra requests before this batch."""
    admitted: int = field(default=0, init=False)

    @property
    def requests(self) -> int:
        """Those that were sent, or are about to be."""
        return self.admitted + self.reasoner.extra_requests - self.extra_before

    async def admit(self) -> None:
        """Wait until a request may be sent.

        Raises:
            NotAskedError: the batch has ended.
        """
        await self.budget.admit()
        self.admitted += 1

    def take_back(self) -> None:
        """A request that was admitted is not sent after all."""
        self.admitted -= 1
        self.budget.take_back()

    def settle(self, usage: Mapping[str, float] | None, *, answered: bool) -> None:
        """Count what a request took that was admitted; one that failed says nothing of it."""
        cost = money_of(usage or {}, self.reasoner.prices)
        self.budget.settle(cost or 0.0 if answered else None)
        free = not self.reasoner.counts_tokens and not usage
        if answered and cost is None and not free and self.budget.counts_money:
            what = (
                "give its prices by -P price_in=… -P price_out=…"
                if self.reasoner.prices is None
                else "its server does not say how many tokens it took; give --max-requests"
            )
            self.budget.refuse(
                f"--max-cost, and cannot tell what {self.reasoner.name} costs: {what}"
            )


async def paid_by(account: Account | None, asking: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer that asking gives, once the account lets it begin."""
    if account is None:
        return await asking()
    await account.admit()
    try:
        answer = await asking()
    except NotAskedError:
        account.take_back()
        raise
    except BaseException:
        account.settle(None, answered=False)
        raise
    account.settle(answer.usage, answered=True)
    return answer
