"""What the presenter shows, as followers hear of it."""

import asyncio
import json
from typing import Any

import pytest

from app.access.people import PRESENTER, Person
from app.messages.incoming import ShowCommand
from app.services import lesson as module
from app.services.lesson import Lesson
from app.services.viewer import Viewer


class Room:
    """A lesson with viewers of two runs."""

    def __init__(self) -> None:
        self.runs: dict[str, set[Viewer]] = {"main": set(), "run-2": set()}
        self.lesson = Lesson(lambda: self.runs, lambda run: run in self.runs)
        self.leader = self.come("main", PRESENTER)

    def come(self, run: str, person: Person) -> Viewer:
        viewer = Viewer(person=person)
        self.runs[run].add(viewer)
        return viewer

    def show(self, run: str = "main", **what: Any) -> None:
        self.lesson.show(self.leader, run, ShowCommand.model_validate({"type": "show", **what}))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    return Room()


async def heard(viewer: Viewer) -> dict[str, Any]:
    """The next message."""
    text = await asyncio.wait_for(viewer.next(), 60)
    assert isinstance(text, str)
    found: dict[str, Any] = json.loads(text)
    assert found.pop("type") == "presenter"
    return found


def silent(viewer: Viewer) -> bool:
    return viewer._presenter is None and not viewer._texts


NOTHING = {"iteration": None, "pointer": None, "tour": None, "calls": 0}


async def test_visitors_of_the_run_hear_the_newest_and_nobody_else_does(room: Room) -> None:
    near, far = room.come("main", Person("visitor", "a")), room.come("run-2", Person("visitor", "b"))
    room.show(iteration=5)
    assert await heard(near) == {"run": "main", **NOTHING, "iteration": 5}
    assert (await heard(far))["run"] == "main", "all hear of another run"
    pointer = {"at": "stage-scroll", "part": 3, "x": 0.25, "y": 1}
    for k in range(1000):
        room.show(iteration=k, pointer=pointer, tour=2)
    assert await heard(near) == {"run": "main", "iteration": 999, "pointer": pointer, "tour": 2, "calls": 0}
    await asyncio.sleep(0)
    assert silent(near)
    assert silent(far)
    assert silent(room.leader)


async def test_it_speaks_ten_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 1000.0)
    room = Room()
    viewer = room.come("main", Person("visitor"))
    room.show(iteration=1)
    assert (await heard(viewer))["iteration"] == 1
    room.show(iteration=2)
    await asyncio.sleep(0)
    assert silent(viewer)
    assert room.lesson._timer is not None
    room.lesson._timer.cancel()


async def test_who_stalls_has_one_message_waiting(room: Room) -> None:
    viewer = room.come("main", Person("visitor"))
    viewer.tell("{}")
    for k in range(5):
        room.show(iteration=k)
        while room.lesson._timer is not None:
            await asyncio.sleep(0)
    assert await viewer.next() == "{}", "it is ahead of nothing that was said before"
    assert (await heard(viewer))["iteration"] == 4
    assert silent(viewer)


async def test_who_comes_later_is_told_unless_the_run_is_gone(room: Room) -> None:
    room.show("run-2", tour=3)
    late = Viewer(person=Person("visitor"))
    with room.lesson.attended_by(late):
        assert (await heard(late))["tour"] == 3
    with room.lesson.attended_by(other := Viewer(person=PRESENTER)):
        assert silent(other)
    del room.runs["run-2"]
    with room.lesson.attended_by(late):
        assert silent(late)
    assert room.lesson.shown is None


async def test_a_call_reaches_all_also_before_anything_was_shown(room: Room) -> None:
    near, far = room.come("main", Person("visitor", "a")), room.come("run-2", Person("visitor", "b"))
    room.lesson.call()
    for viewer in (near, far):
        assert await heard(viewer) == {"run": "main", **NOTHING, "calls": 1}
    room.show(iteration=7)
    assert await heard(near) == {"run": "main", **NOTHING, "iteration": 7, "calls": 1}
    await asyncio.sleep(0)
    assert silent(far)


async def test_the_pointer_goes_with_the_page_that_leads(room: Room) -> None:
    viewer = room.come("main", Person("visitor"))
    pointer = {"at": "stage", "x": 0, "y": 0}
    with room.lesson.attended_by(room.leader):
        with room.lesson.attended_by(Viewer(person=PRESENTER)):
            room.show(iteration=5, pointer=pointer)
            assert (await heard(viewer))["pointer"] == {**pointer, "part": None}
        await asyncio.sleep(0)
        assert silent(viewer), "another page of the presenter left"
    assert await heard(viewer) == {"run": "main", **NOTHING, "iteration": 5}
