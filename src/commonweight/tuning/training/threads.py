"""
How many threads compute: the faster of one and all, timed on steps of the training itself and looked at again.

With neighbours on the machine, two threads that wait for one another are slower than one: 553 against 4,931 tokens a second
in the worst hour. A trial is a step or two, so that looking costs nothing on a quiet machine, and
after a trial that lost the next one comes later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

TRIED = 2  # steps are timed with a number of threads; at the start after one more that warms up
REMEMBERED = 4  # steps with the number in use, to compare a trial with: neighbours come and go
AGAIN_SECONDS = 30.0
LONGEST_SECONDS = 480.0
BETTER = 0.9  # a change must save a tenth: what is measured by few steps is noisy


@dataclass
class Threads:
    """
    Told of each step's begin and end; `set_threads` does what is decided, `decided` hears of it first.

    `known` answers with the number that a step was computed with before, by a run that this one goes on from.
    """

    most: int
    set_threads: Callable[[int], object]
    decided: Callable[[int, int], None]
    known: Callable[[int], int | None]
    clock: Callable[[], float] = time.perf_counter
    now: int = 0
    _best: int = 0
    _seconds: dict[int, list[float]] = field(default_factory=dict)  # for a token, by number of threads
    _trial: list[int] = field(default_factory=list)  # numbers for the steps to come
    _started: float = 0.0
    _next_look: float = 0.0
    _pause: float = AGAIN_SECONDS / 2
    _warm: bool = False

    def step_begins(self, step: int, replay: bool) -> None:
        """`replay`: this step was computed before, by a run that ended."""
        if replay and (before := self.known(step)) is not None:
            self._use(step, before)
        elif self.most == 1:
            self._use(step, 1)
        else:
            self._look(step)
        self._started = self.clock()

    def step_ends(self, tokens: int) -> None:
        """`tokens`: how many the step computed, padding included."""
        if not self._warm:
            self._warm = True  # the first step of a process makes its buffers
            return
        timed = self._seconds.setdefault(self.now, [])
        timed.append((self.clock() - self._started) / max(1, tokens))
        del timed[:-REMEMBERED]

    def _look(self, step: int) -> None:
        if not self._best:
            self._best = self.most
            self._trial = [self.most, *[self.most, 1] * TRIED]
        elif not self._trial and len(self._seconds) > 1:
            self._choose()
        elif not self._trial and self.clock() >= self._next_look:
            self._trial = [1 if self._best == self.most else self.most] * TRIED
        self._use(step, self._trial.pop(0) if self._trial else self._best)

    def _choose(self) -> None:
        times = {count: sum(seconds) / len(seconds) for count, seconds in self._seconds.items()}
        faster = min(times, key=lambda count: times[count])
        if faster != self._best and times[faster] < times.get(self._best, 0.0) * BETTER:
            self._best, self._pause = faster, AGAIN_SECONDS
        else:
            self._pause = min(LONGEST_SECONDS, self._pause * 2)
        self._seconds = {}
        self._next_look = self.clock() + self._pause

    def _use(self, step: int, count: int) -> None:
        if count != self.now:
            self.decided(step, count)
            self.set_threads(count)
            self.now = count
