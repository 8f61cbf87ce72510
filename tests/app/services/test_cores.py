import time
from concurrent.futures import wait
from functools import partial
from itertools import pairwise
from threading import Event

import pytest

from app.services.cores import Cores, Share
from tests.patience import PATIENCE


def compute(seconds: float) -> None:
    """Use a core for this long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_who_has_had_least_goes_first_whoever_came_first() -> None:
    cores, free, done = Cores(1), Event(), list[str]()
    shares = {name: Share() for name in ("much", "some", "least")}
    shares["much"].seconds, shares["some"].seconds = 9.0, 5.0
    cores.submit_for(Share(), free.wait)
    turns = [cores.submit_for(share, lambda name=name: done.append(name)) for name, share in shares.items()]  # type: ignore[misc]
    free.set()
    wait(turns)
    assert done == ["least", "some", "much"]
    cores.shutdown()


def test_a_share_is_charged_with_what_was_computed_and_not_with_waiting() -> None:
    cores, share = Cores(1), Share()
    cores.submit_for(share, lambda: compute(0.02)).result()
    assert share.seconds >= 0.02
    had = share.seconds
    cores.submit_for(share, lambda: time.sleep(0.2)).result()
    assert share.seconds < had + 0.2
    cores.shutdown()


def test_who_was_away_may_not_make_up_for_all_of_it() -> None:
    cores, busy, back = Cores(1), Share(), Share()
    busy.seconds = 60.0
    cores.submit_for(busy, lambda: None).result()
    cores.submit_for(back, lambda: None).result()
    assert 59 < back.seconds < 60
    cores.shutdown()


def test_what_fails_or_is_cancelled_leaves_the_threads_at_work() -> None:
    cores, free = Cores(1), Event()

    def fail() -> None:
        raise ArithmeticError("abacus")

    blocked = cores.submit_for(Share(), free.wait)
    failing, cancelled, last = (
        cores.submit_for(Share(), fail),
        cores.submit_for(Share(), fail),
        cores.submit_for(Share(), lambda: 7),
    )
    assert cancelled.cancel()
    free.set()
    with pytest.raises(ArithmeticError, match="abacus"):
        failing.result()
    assert (blocked.result(), last.result()) == (True, 7)
    cores.shutdown()
    with pytest.raises(RuntimeError, match="ended"):
        cores.submit_for(Share(), fail)


def test_at_the_end_what_waits_is_cancelled_and_what_is_under_way_ends() -> None:
    cores, begun, free = Cores(1), Event(), Event()

    def work() -> bool:
        begun.set()
        return free.wait(PATIENCE)

    running, waiting = cores.submit_for(Share(), work), cores.submit_for(Share(), work)
    assert begun.wait(PATIENCE)
    cores.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    free.set()
    assert running.result()
    cores.shutdown()


def test_however_many_come_who_was_there_before_has_a_turn_after_one_of_each() -> None:
    cores, free, turns = Cores(1), Event(), list[str]()
    old, come = Share(), [Share() for _ in range(31)]
    old.seconds = 60.0
    cores.submit_for(old, lambda: None).result()
    blocked = cores.submit_for(Share(), lambda: free.wait(PATIENCE))
    left = {id(share): 5 for share in (old, *come)}

    def train(share: Share, name: str) -> None:
        """Train one slice, after which the next one is due, as in a run."""
        compute(0.02)
        turns.append(name)
        left[id(share)] -= 1
        if left[id(share)]:
            work.append(cores.submit_for(share, partial(train, share, name)))

    work = [cores.submit_for(share, partial(train, share, "new")) for share in come]
    work.append(cores.submit_for(old, partial(train, old, "old")))
    free.set()
    blocked.result()
    while len(turns) < 5 * 32:
        wait(list(work))
    assert turns.index("old") <= 2 * len(come), "not before one slice of each, and perhaps a second of some"
    places = [k for k, name in enumerate(turns) if name == "old"]
    assert max(after - before for before, after in pairwise(places)) <= 2 * 32
    cores.shutdown()
