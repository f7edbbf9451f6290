# SPDX-License-Identifier: Apache-2.0
"""The processes of this machine: jobs in, answers out, as many at once as there are workers.

A worker that dies over a file, of memory or of a crash, costs that file and is replaced with the next job.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from multiprocessing.connection import Connection, wait

from mezzotint.bulk.job import Answered, Converter, Job
from mezzotint.bulk.worker import Worker

_QUICK = 0.2  # seconds a job; of longer ones a second in the queue could wait while another worker is idle


def answers(
    jobs: Iterator[Job], converter: Converter, processes: int
) -> Generator[list[Answered], None, None]:
    """All answers that are ready at a time, with their jobs.

    The workers have their next jobs by then, so they go on while the caller sees to the answers. MezzotintError if a
    worker cannot start. Close the iterator to stop the workers at once.
    """
    pool = _Pool(jobs, converter, processes)
    try:
        pool.fill()
        while pool.busy:
            if found := pool.collect():
                pool.fill()
                yield found
    finally:
        pool.stop()


class _Pool:
    def __init__(self, jobs: Iterator[Job], converter: Converter, processes: int) -> None:
        self._jobs, self._converter, self._processes = jobs, converter, processes
        self._again: list[Job] = []  # queued for a worker that died over another job
        self._workers: dict[Connection, Worker] = {}
        self._quick = False  # jobs take so little that waiting for the next one shows

    @property
    def busy(self) -> list[Connection]:
        return [connection for connection, worker in self._workers.items() if worker.jobs]

    def fill(self) -> None:
        """Give every worker a job, and a second one where they are quick, as long as there are any."""
        for depth in range(1, 3 if self._quick else 2):
            while any(len(worker.jobs) < depth for worker in self._workers.values()) or self._hiring:
                job = self._again.pop() if self._again else next(self._jobs, None)
                if job is None:
                    return
                self._free(depth).give(job)

    def collect(self) -> list[Answered]:
        """Wait for answers; none where a worker has only got ready."""
        found: list[Answered] = []
        for connection in wait(self.busy):
            assert isinstance(connection, Connection)
            worker = self._workers[connection]
            try:
                answered = worker.take()
            except EOFError:
                del self._workers[connection]
                found.append(worker.bury())
                self._again += worker.jobs
                continue
            if answered is not None:
                found.append(answered)
                self._quick = worker.seconds < _QUICK
        return found

    def stop(self) -> None:
        for worker in self._workers.values():
            worker.end()
        for worker in self._workers.values():
            worker.stop()

    @property
    def _hiring(self) -> bool:
        return len(self._workers) < self._processes

    def _free(self, depth: int) -> Worker:
        """A worker with fewer jobs, or a new one."""
        for worker in self._workers.values():
            if len(worker.jobs) < depth:
                return worker
        worker = Worker(self._converter)
        self._workers[worker.connection] = worker
        return worker
