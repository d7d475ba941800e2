"""A pool of workers that is closed while somebody still wants one."""

import asyncio

import pytest

from audiorouter.toolbox.pool import WorkerPool


class Worker:
    closed = False

    async def close(self):
        self.closed = True


def test_a_closed_pool_gives_nobody_a_worker_and_lets_nobody_wait():
    async def main():
        pool = WorkerPool(2, Worker)
        mine, idle = await pool.take(), await pool.take()
        pool.give_back(idle)
        assert pool.take_idle() is idle
        waiting = [asyncio.create_task(pool.take()) for _ in range(2)]
        await asyncio.sleep(0)
        await pool.close()
        pool.give_back(mine)
        assert mine.closed and idle.closed
        assert pool.take_idle() is None and pool.take_spare() is None
        for task in (*waiting, pool.take()):
            with pytest.raises(RuntimeError, match="closed"):
                await asyncio.wait_for(task, 5)

    asyncio.run(main())
