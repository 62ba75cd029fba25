"""Time and processes of a simulated world. Everything that happens, happens in an order that one seed decides.

A task is a coroutine in which real code runs: each simulated look and deed gives the kernel its turn back. A task that is killed ends
inside the call in which it is, wherever that is.
"""
import heapq
import random

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """Unwinds a task that was killed; the code that runs while it unwinds changes nothing any more."""


class Task:
    def __init__(self, kernel, name, body, ended=None):
        self.kernel, self.name, self.body, self.ended = kernel, name, body, ended
        self.killed = self.over = False
        self.waits_for = None
        self.coroutine = greenlet(self.run, kernel.main)

    def run(self):
        try:
            if not self.killed:
                self.body()
        except (Killed, SystemExit):
            pass
        self.over = True
        if self.ended:
            self.kernel.at(0.0, self.ended)


class Kernel:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = 0.0
        self.main = getcurrent()
        self.queue, self.number = [], 0
        self.current = None
        self.tasks = []
        self.log = []

    def spawn(self, name, body, ended=None):
        """@param ended called once it is over, however it has ended"""
        task = Task(self, name, body, ended)
        self.tasks.append(task)
        self.wake(task)
        return task

    def wake(self, task, after=0.0):
        self.number += 1
        task.waits_for = self.number
        heapq.heappush(self.queue, (self.now + after, self.number, task))

    def at(self, after, deed):
        """Has something come about later: a function that takes no time."""
        self.number += 1
        heapq.heappush(self.queue, (self.now + after, self.number, deed))

    def pause(self, seconds):
        """Called by a task: it goes on after that many seconds."""
        task = self.current
        if task.killed:
            raise Killed()
        self.wake(task, seconds)
        self.yield_turn(task)

    def block(self):
        """Called by a task that does nothing more until somebody wakes it, or kills it."""
        task = self.current
        if task.killed:
            raise Killed()
        task.waits_for = None
        self.yield_turn(task)

    def yield_turn(self, task):
        task.coroutine.parent.switch()
        if task.killed:
            raise Killed()

    def step(self):
        """A look or a deed takes a moment, in which others get on."""
        self.pause(self.random.choice((0.01, 0.05, 0.2, 0.6)))

    def kill(self, task):
        if task and not task.over and not task.killed:
            task.killed = True
            if task is not self.current:
                self.resume(task)

    def resume(self, task):
        """Whoever resumes a task gets its turn back from it: one that kills another goes on itself."""
        before, self.current = self.current, task
        task.coroutine.parent = getcurrent()
        task.coroutine.switch()
        self.current = before

    def run(self, until):
        """Lets the world go on until that time, or until `until` tells that it is over."""
        is_over = until if callable(until) else None
        while self.queue and (is_over or self.queue[0][0] <= until):
            time, number, what = heapq.heappop(self.queue)
            self.now = max(self.now, time)
            if isinstance(what, Task):
                if not what.over and what.waits_for == number:
                    self.resume(what)
            else:
                what()
            if is_over and is_over():
                return
        if not is_over:
            self.now = until

    def end(self):
        for task in self.tasks:
            self.kill(task)

    def tell(self, who, *words):
        self.log.append("%8.1f %s: %s" % (self.now, who, " ".join(str(word) for word in words)))


def steps_of(kernel):
    """Makes a function happen at one instant, after a moment in which the process may be killed."""

    def step(deed):
        def run(*arguments, **options):
            kernel.step()
            return deed(*arguments, **options)

        return run

    return step
