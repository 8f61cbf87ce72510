"""Jobs: they take turns, are shared and cancelled, and are limited in number."""

import asyncio
from collections.abc import AsyncIterator, Callable
from threading import Event
from typing import Any

import pytest

from app.access.people import PRESENTER, Person
from app.problems import problem_of
from app.refusals import Busy, Refusal, TooMany
from app.services import jobs as module
from app.services.jobs import MOST, MOST_OF_ONE, MOST_OF_VISITOR, MOST_OF_VISITORS, Jobs, asked_by, asker
from app.services.stopwatch import Stopwatch
from rnn_core.pieces import Pieces
from tests.patience import PATIENCE


@pytest.fixture
async def jobs(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Jobs]:
    """One thread, which does one piece in a turn."""
    monkeypatch.setattr(module, "SLICE_SECONDS", 1e-9)
    jobs = Jobs(1, Stopwatch())
    yield jobs
    jobs.close()


class Counting:
    """A computation that notes its pieces, and waits before each until it may go on."""

    def __init__(self, name: str, pieces: int, done: list[str], may_go_on: Event) -> None:
        self.name, self.pieces, self.done, self.may_go_on = name, pieces, done, may_go_on
        self.closed = Event()

    def __call__(self) -> Pieces[str]:
        try:
            for _ in range(self.pieces):
                self.may_go_on.wait(PATIENCE)
                self.done.append(self.name)
                yield
            return self.name
        finally:
            self.closed.set()


def started(jobs: Jobs, client: str, work: Counting) -> "asyncio.Task[str]":
    """A client's job."""

    async def ask() -> str:
        asked_by.set(client)
        return await jobs.compute(work())

    return asyncio.create_task(ask())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.001)


async def test_clients_take_turns_and_each_of_a_clients_jobs_has_its_own(jobs: Jobs) -> None:
    done, go = list[str](), Event()
    many = [started(jobs, "busy", Counting(f"busy {k}", 4, done, go)) for k in range(3)]
    await until(lambda: bool(jobs._threads))
    other = started(jobs, "other", Counting("other", 4, done, go))
    await until(lambda: len(jobs._waiting) == 2)
    go.set()
    assert await asyncio.gather(*many, other) == ["busy 0", "busy 1", "busy 2", "other"]
    turns = [k for k, name in enumerate(done) if name == "other"]
    assert turns[-1] <= 9, "a client with one job has every other turn"
    first = [done.index(f"busy {k}") for k in range(3)]
    assert max(first) < len(done) - 1 - done[::-1].index("busy 0"), "no job waits for another's end"


async def test_a_job_that_nobody_waits_for_ends_at_its_next_piece(jobs: Jobs) -> None:
    done, go = list[str](), Event()
    work = Counting("long", 1_000_000, done, go)
    task = started(jobs, "a", work)
    go.set()
    await until(lambda: len(done) > 3)
    task.cancel()
    assert await asyncio.to_thread(work.closed.wait, 60)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not jobs.busy
    assert await started(jobs, "a", Counting("next", 2, done, go)) == "next"


async def test_what_a_check_or_the_work_itself_raises_ends_the_job_and_no_other(jobs: Jobs) -> None:
    def refuse() -> None:
        raise LookupError("gone")

    def broken() -> Pieces[None]:
        yield
        raise ArithmeticError("abacus")

    work = Counting("checked", 5, [], Event())
    with pytest.raises(LookupError, match="gone"):
        await jobs.compute(work(), refuse)
    with pytest.raises(ArithmeticError, match="abacus"):
        await jobs.compute(broken())
    go = Event()
    go.set()
    assert await jobs.compute(Counting("fine", 3, [], go)()) == "fine"


async def test_equal_questions_have_one_answer_and_the_last_who_leaves_calls_it_off(jobs: Jobs) -> None:
    asked, ended, answer = list[int](), list[int](), asyncio.Event()

    async def find() -> int:
        asked.append(1)
        try:
            await answer.wait()
            return 7
        finally:
            ended.append(1)

    waiting = [asyncio.create_task(jobs.shared("question", find)) for _ in range(3)]
    await until(lambda: len(asked) == 1)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    assert (ended, jobs.is_open("question")) == ([], True)
    answer.set()
    assert await asyncio.gather(*waiting[1:]) == [7, 7]
    assert (len(asked), len(ended), jobs.busy) == (1, 1, False)

    answer.clear()
    leaving = [asyncio.create_task(jobs.shared("question", find)) for _ in range(2)]
    await until(lambda: len(asked) == 2)
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    await until(lambda: len(ended) == 2)
    answer.set()
    assert await jobs.shared("question", find) == 7
    assert len(asked) == 3, "a question that was called off is asked anew"


async def test_all_who_asked_are_told_what_went_wrong(jobs: Jobs) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("nowhere")

    found = await asyncio.gather(*(jobs.shared("where", fail) for _ in range(2)), return_exceptions=True)
    assert [str(error) for error in found] == ["nowhere"] * 2


async def test_of_too_many_questions_the_last_are_refused_and_one_client_has_not_all_places(jobs: Jobs) -> None:
    answer = asyncio.Event()

    async def ask(client: str, question: int) -> Any:
        asked_by.set(client)
        return await jobs.shared(question, answer.wait)

    places = [asyncio.create_task(ask("greedy", k)) for k in range(MOST_OF_ONE)]
    await until(lambda: len(jobs._questions) == MOST_OF_ONE)
    with pytest.raises(Refusal) as refused:
        await asyncio.create_task(ask("greedy", 1000))
    assert (problem_of(refused.value).status, problem_of(refused.value).headers) == (503, {"Retry-After": "5"})
    places.append(asyncio.create_task(ask("greedy", 0)))  # which is asked already
    places += [asyncio.create_task(ask(f"client {k}", 1000 + k)) for k in range(MOST - MOST_OF_ONE)]
    await until(lambda: len(jobs._questions) == MOST)
    with pytest.raises(Refusal):
        await asyncio.create_task(ask("one more", 5000))
    fetched = asyncio.create_task(jobs.shared("a command's", answer.wait, always=True))
    answer.set()
    assert all(await asyncio.gather(*places, fetched))
    assert not jobs.busy


async def test_a_visitor_has_some_places_all_visitors_have_more_and_the_presenter_finds_one(jobs: Jobs) -> None:
    answer = asyncio.Event()

    async def ask(person: Person, question: int) -> Any:
        asked_by.set(asker(person, "10.0.0.1"))
        return await jobs.shared(question, answer.wait)

    one = Person("visitor", "one")
    places = [asyncio.create_task(ask(one, k)) for k in range(MOST_OF_VISITOR)]
    await until(lambda: len(jobs._questions) == MOST_OF_VISITOR)
    with pytest.raises(TooMany) as refused:
        await asyncio.create_task(ask(one, 1000))
    assert (problem_of(refused.value).status, problem_of(refused.value).headers) == (429, {"Retry-After": "2"})
    others = range(MOST_OF_VISITOR, MOST_OF_VISITORS)
    places += [asyncio.create_task(ask(Person("visitor", f"{k}"), 1000 + k)) for k in others]
    await until(lambda: len(jobs._questions) == MOST_OF_VISITORS)
    for person in (Person("visitor", "one more"), Person("visitor")):
        with pytest.raises(Busy):
            await asyncio.create_task(ask(person, 5000))
    places.append(asyncio.create_task(ask(PRESENTER, 6000)))
    await until(lambda: len(jobs._questions) == MOST_OF_VISITORS + 1)
    answer.set()
    assert all(await asyncio.gather(*places))


async def test_at_the_end_whoever_waits_is_told_so(jobs: Jobs) -> None:
    go = Event()
    waiting = [started(jobs, "a", Counting(f"{k}", 1_000_000, [], go)) for k in range(3)]
    shared = asyncio.create_task(jobs.shared("question", lambda: jobs.compute(Counting("s", 10, [], go)())))
    called_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait() -> None:
        await called_off

    other = asyncio.create_task(jobs.shared("other", wait))
    await until(lambda: sum(map(len, jobs._waiting.values())) == 3 and len(jobs._questions) == 2)
    jobs.close()
    called_off.cancel()
    go.set()
    for task in (*waiting, shared, other):
        with pytest.raises(Refusal, match="about to end"):
            await task
    with pytest.raises(Refusal, match="about to end"):
        await jobs.compute(Counting("late", 1, [], go)())
