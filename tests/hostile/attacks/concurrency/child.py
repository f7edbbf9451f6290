# SPDX-License-Identifier: Apache-2.0
"""Many images in several threads or processes at once; a line for each as it is done.

python child.py WAY WORKERS WANTED.json   ->   "NUMBER" where an image came out as it should,
                                                            "NUMBER what is wrong" where not

WANTED.json has number -> text, as work gives it. Every worker goes through all of them, each from
another one on. Before any process is started, this one has used onnxruntime and numpy's products in threads.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import mezzotint
import mezzotint.aio
from attacks.concurrency import work

Wanted = dict[int, str]


def main(way: str, workers: int, path: str) -> None:
    wanted = {int(number): text for number, text in json.loads(Path(path).read_text("utf-8")).items()}
    work.ready()
    orders = [order(list(wanted), worker, workers) for worker in range(workers)]
    if way in ("threads", "pillow"):
        _threads(orders, wanted, work.done if way == "threads" else work.opened)
    elif way == "aio":
        asyncio.run(_aio(orders, wanted))
    else:
        _use(list(wanted))
        _bare(orders, wanted) if way == "bare" else _processes(way, orders, wanted)


def order(numbers: list[int], worker: int, workers: int) -> list[int]:
    start = worker * len(numbers) // workers
    return numbers[start:] + numbers[:start]


def say(number: int, found: str, wanted: str) -> None:
    line = f"{number}" if found == wanted else f"{number} gave {found} instead of {wanted}"
    with _ONE_BY_ONE:  # print writes the end of a line by itself, and another thread's line comes before it
        print(line, flush=True)


_ONE_BY_ONE = threading.Lock()


def attempt(number: int, function: Callable[[int], str]) -> str:
    try:
        return function(number)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _use(numbers: list[int]) -> None:
    """Onnxruntime on several threads, and products of matrices, in threads that have ended."""
    square = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    picture = work.job(0).picture
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: float((square @ square).sum()), range(8)))
        list(pool.map(work.done, numbers[:8]))
        list(pool.map(lambda _: mezzotint.decode(mezzotint.encode(picture, threads=2), threads=2), range(4)))


# -- threads ----------------------------------------------------------------------------------------------


def _threads(orders: Iterable[list[int]], wanted: Wanted, function: Callable[[int], str]) -> None:
    def through(numbers: list[int]) -> None:
        for number in numbers:
            say(number, attempt(number, function), wanted[number])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(through, orders))


async def _aio(orders: Iterable[list[int]], wanted: Wanted) -> None:
    async def through(numbers: list[int]) -> None:
        for number in numbers:
            each = work.job(number)
            options = {"model": each.model, "threads": each.threads}
            data = await mezzotint.aio.encode(each.picture, **options, **each.options)
            back = await mezzotint.aio.decode(data, **options)
            say(number, work.told(data, back), wanted[number])

    await asyncio.gather(*map(through, orders))


# -- processes --------------------------------------------------------------------------------------------


def _processes(way: str, orders: list[list[int]], wanted: Wanted) -> None:
    """Each sends what it found; one that dies leaves the rest of its images untold."""
    context = multiprocessing.get_context(way)
    pipes: dict[Connection, multiprocessing.process.BaseProcess] = {}
    for numbers in orders:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=through, args=(numbers, theirs))
        process.start()
        theirs.close()
        pipes[mine] = process
    while pipes:
        for pipe in wait(list(pipes)):
            assert isinstance(pipe, Connection)
            try:
                number, found = pipe.recv()
            except EOFError:
                pipes.pop(pipe).join()
                continue
            say(number, found, wanted[number])


def through(numbers: list[int], pipe: Connection) -> None:
    work.ready()
    for number in numbers:
        pipe.send((number, attempt(number, work.done)))


def _bare(orders: list[list[int]], wanted: Wanted) -> None:
    """By `os.fork` alone; each child ends as a program does, and tears everything down."""
    children = []
    for numbers in orders:
        child = os.fork()
        if not child:
            sys.exit(int(any(attempt(number, work.done) != wanted[number] for number in numbers)))
        children.append((child, numbers))
    for child, numbers in children:
        _, status = os.waitpid(child, 0)
        for number in numbers:
            say(number, wanted[number] if status == 0 else f"status {status} of its process", wanted[number])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
