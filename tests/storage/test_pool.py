import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import uvloop

from commonweight.storage import WorkLost, WorkPool


async def test_work_is_done_in_another_process(workers):
    assert await workers.run(os.getpid) != os.getpid()


async def test_an_error_is_raised_where_the_work_was_asked_for(workers):
    with pytest.raises(ValueError, match="invalid literal"):
        await workers.run(int, "no number")


async def test_a_child_serves_again(workers):
    assert await workers.run(os.getpid) == await workers.run(os.getpid)


async def test_a_child_killed_while_it_rests_is_replaced(workers):
    pid = await workers.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    assert await workers.run(os.getpid) != pid


def test_a_child_killed_while_it_rests_is_replaced_also_under_the_servers_loop():
    async def world() -> None:
        pool = WorkPool()
        pid = await pool.run(os.getpid)
        os.kill(pid, signal.SIGKILL)
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.01)  # the loop has seen its end
        assert await pool.run(os.getpid) != pid
        await pool.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(world())


async def test_a_child_killed_at_its_work_costs_one_repetition(workers):
    await workers.run(os.getpid)
    (pid,) = workers.resting
    work = asyncio.create_task(workers.run(time.sleep, 0.5))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    await work
    assert pid not in workers.resting


async def test_work_that_kills_its_child_each_time_is_given_up(workers):
    with pytest.raises(WorkLost, match="died 2 times"):
        await workers.run(os._exit, 1)


async def test_a_resting_child_ends_by_itself():
    pool = WorkPool(idle_seconds=0.05)
    pid = await pool.run(os.getpid)
    while pool.resting or psutil.pid_exists(pid):
        await asyncio.sleep(0.01)


async def test_cancelled_work_is_ended(workers):
    pid = await workers.run(os.getpid)
    work = asyncio.create_task(workers.run(time.sleep, 60))
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not psutil.pid_exists(pid)
    assert await workers.run(abs, -1) == 1


async def test_no_more_children_than_allowed_work_at_once():
    pool = WorkPool(children=2)
    pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(6)))
    assert len(set(pids)) <= 2
    await pool.close()


async def test_a_stray_print_does_not_disturb(workers):
    assert await workers.run(print, "to standard error") is None
    assert await workers.run(abs, -2) == 2


async def test_a_child_at_work_ends_with_its_parent():
    script = """
import asyncio, time
from commonweight.storage import WorkPool
async def main():
    pool = WorkPool()
    work = asyncio.create_task(pool.run(time.sleep, 60))
    await asyncio.sleep(0.3)
    import psutil
    print([child.pid for child in psutil.Process().children()][0], flush=True)
    await work
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.kill()
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.01)
