"""Showing something while the work goes on."""

import asyncio
import gc

import pytest

from flows.meanwhile import meanwhile


def test_both_are_done_at_the_end_and_neither_waits_for_the_other_to_begin() -> None:
    told: list[str] = []
    work_began = asyncio.Event()

    async def show() -> None:
        await work_began.wait()
        told.append("shown")

    async def run() -> None:
        async with meanwhile(show()):
            work_began.set()
            told.append("worked")

    asyncio.run(run())
    assert told == ["worked", "shown"]


def test_what_ends_the_work_is_told_and_the_other_is_finished_first() -> None:
    shown = []

    async def show() -> None:
        await asyncio.sleep(0)
        shown.append(True)

    async def run() -> None:
        async with meanwhile(show()):
            raise ValueError("the work")

    with pytest.raises(ValueError, match="the work"):
        asyncio.run(run())
    assert shown


def test_what_ends_the_other_is_told_when_the_work_is_done() -> None:
    done = []

    async def show() -> None:
        raise ValueError("the page")

    async def run() -> None:
        async with meanwhile(show()):
            await asyncio.sleep(0.01)
            done.append(True)

    with pytest.raises(ValueError, match="the page"):
        asyncio.run(run())
    assert done


def test_of_two_that_fail_the_work_is_told_and_the_other_by_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def show() -> None:
        raise ValueError("the page")

    async def run() -> None:
        async with meanwhile(show()):
            await asyncio.sleep(0)
            raise ValueError("the work")

    with pytest.raises(ValueError, match="the work"):
        asyncio.run(run())
    gc.collect()  # asyncio logs an error that nobody asked for when its task goes
    assert caplog.text == ""


def test_who_is_cancelled_does_not_wait_for_a_server() -> None:
    async def run() -> None:
        async with meanwhile(asyncio.sleep(3600)):
            await asyncio.sleep(3600)

    async def cancelled() -> None:
        running = asyncio.create_task(run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait_for(asyncio.wait((running,)), 5)
        assert running.cancelled()

    asyncio.run(cancelled())
