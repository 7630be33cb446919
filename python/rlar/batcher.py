"""Samples that arrive one by one, scored many at a time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Sequence

from rlar.rows import Sample
from rlar.score import Score


class StepWaits:
    """How long the trainer waited at the end of a step: from its last sample to its last score, which no generation hides.

    Steps are told apart by pauses of `pause` seconds, in which a trainer trains. Where generation pauses longer, a step counts as
    several, and the last of them holds its exposed time. Each process sees its own samples.
    """

    def __init__(self, pause: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.exposed = 0.0  # seconds, of the step before this one; 0 in the first
        self._pause, self._clock = pause, clock
        self._came: float | None = None
        self._answered = 0.0

    def came(self) -> None:
        now = self._clock()
        if self._came is not None and now - max(self._came, self._answered) >= self._pause:
            self.exposed = max(0.0, self._answered - self._came)
        self._came = now

    def answered(self) -> None:
        self._answered = self._clock()


class Batcher:
    """Gathers the samples of one event loop. A batch goes as soon as `max_batch` wait, or `linger` seconds after the first of
    them came, while at most `in_flight` batches are on their way: under load batches grow by themselves. Not thread-safe.

    `score_batch` runs on threads of its own; what it raises, every sample of its batch raises.
    """

    def __init__(
        self,
        score_batch: Callable[[Sequence[Sample]], list[Score]],
        max_batch: int = 128,
        in_flight: int = 4,
        linger: float = 0.005,
    ) -> None:
        if max_batch < 1 or in_flight < 1 or linger < 0:
            raise ValueError(
                f"max_batch and in_flight must be at least 1, linger at least 0: {max_batch}, {in_flight}, {linger}"
            )
        self.score_batch, self.max_batch, self.in_flight, self.linger = score_batch, max_batch, in_flight, linger
        self.waits = StepWaits()
        self._waiting: list[tuple[Sample, float, asyncio.Future]] = []
        self._running = 0
        self._timer: asyncio.TimerHandle | None = None
        self._pool = concurrent.futures.ThreadPoolExecutor(in_flight, thread_name_prefix="rlar-batch")

    async def score(self, sample: Sample) -> tuple[Score, float]:
        """The sample's score, and the seconds that it took to come."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.waits.came()
        self._waiting.append((sample, time.monotonic(), future))
        if len(self._waiting) >= self.max_batch:
            self._send(loop)
        elif self._timer is None:
            self._timer = loop.call_later(self.linger, self._on_timer, loop)
        return await future

    def _on_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._send(loop)

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting and self._running < self.in_flight:
            # A sample whose caller has gone away is not asked for.
            batch = [entry for entry in self._waiting[: self.max_batch] if not entry[2].done()]
            del self._waiting[: self.max_batch]
            if not batch:
                continue
            self._running += 1
            work = loop.run_in_executor(self._pool, self.score_batch, [sample for sample, _, _ in batch])
            work.add_done_callback(lambda done, batch=batch: self._finish(loop, batch, done))
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self, loop: asyncio.AbstractEventLoop, batch: list, done: asyncio.Future) -> None:
        self._running -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        now = time.monotonic()
        self.waits.answered()
        for i, (_, came, future) in enumerate(batch):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result((done.result()[i], now - came))
        self._send(loop)
