"""Who watches a run by itself: who is told what, and from where on errors are new to them."""

from contextlib import ExitStack

import pytest

from app.frames import Form
from app.services.audience import FRAME_SECONDS, WHOLE_SECONDS, Audience
from app.services.viewer import Farewell, Viewer


class Told(Viewer):
    """Keeps all that it is sent."""

    def __init__(self, language: str = "en", *, small: bool = False) -> None:
        super().__init__(language, small=small)
        self.texts: list[str] = []
        self.frames: list[bytes] = []

    def tell(self, text: str) -> None:
        self.texts.append(text)

    def show(self, frame: bytes, form: Form = Form.PLAIN) -> None:
        self.frames.append(frame)


class Stage:
    """What an audience watches: its frames say from where on they have errors."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.audience = Audience(self._message, self._frame)

    def _message(self) -> str:
        self.made.append("message")
        return f"message {len(self.made)}"

    def _frame(self, errors_from: int | None, form: Form) -> bytes:
        self.made.append("frame")
        kind = "" if form is Form.PLAIN else f"{form.name.lower()} "
        return f"{kind}from {errors_from}".encode()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_nothing_is_made_for_nobody(stage: Stage) -> None:
    stage.audience.announce()
    stage.audience.publish(5)
    assert stage.made == []


def test_who_comes_is_told_where_the_run_stands_and_nothing_of_what_was(stage: Stage) -> None:
    viewer = Told()
    with stage.audience.joined_by(viewer, 100):
        assert stage.audience.viewers == {viewer}
        assert (viewer.texts, viewer.frames) == (["message 1"], [b"from None"])
        stage.audience.publish(130)
        assert viewer.frames[1:] == [b"from 100"]
    assert stage.audience.viewers == set()


def test_errors_of_a_time_when_nobody_watched_are_new_to_nobody(stage: Stage) -> None:
    with stage.audience.joined_by(Told(), 0):
        stage.audience.publish(100)
    later, last = Told(), Told()
    with stage.audience.joined_by(later, 900), stage.audience.joined_by(last, 950):
        stage.audience.publish(1000)
    assert later.frames == last.frames == [b"from None", b"from 900"]


def test_what_one_who_comes_later_has_seen_already_is_not_kept_from_the_others(stage: Stage) -> None:
    first, second = Told(), Told()
    with stage.audience.joined_by(first, 0):
        stage.audience.publish(100)
        with stage.audience.joined_by(second, 150):
            stage.audience.publish(200)
    assert first.frames == [b"from None", b"from 0", b"from 100"]
    assert second.frames == [b"from None", b"from 100"]


def test_each_message_is_made_once_a_language_and_each_frame_once(stage: Stage) -> None:
    viewers = [Told(), Told(), Told("zh")]
    with ExitStack() as stack:
        for viewer in viewers:
            stack.enter_context(stage.audience.joined_by(viewer, 0))
        stage.made.clear()
        stage.audience.announce()
        assert stage.made == ["message", "message"]
        assert viewers[0].texts[-1] == viewers[1].texts[-1] != viewers[2].texts[-1]
        stage.audience.publish(7)
        assert stage.made == ["message", "message", "frame"]
        assert viewers[0].frames[-1] is viewers[2].frames[-1]


def test_a_frame_is_due_where_something_is_new_and_the_last_one_is_long_ago(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("app.services.audience.time.monotonic", lambda: now)
    viewer = Told()
    with stage.audience.joined_by(viewer, 0):
        stage.audience.publish_if_due(0)
        assert len(viewer.frames) == 1, "nothing is new"
        stage.audience.publish_if_due(1)
        assert viewer.frames[1:] == [b"from 0"]
        now += 0.9 * FRAME_SECONDS
        stage.audience.publish_if_due(2)
        assert len(viewer.frames) == 2, "it is too soon"
        now += 0.2 * FRAME_SECONDS
        stage.audience.publish_if_due(1)
        assert len(viewer.frames) == 2, "nothing is new"
        stage.audience.publish_if_due(3)
        assert viewer.frames[2:] == [b"from 1"]


def test_a_frame_that_is_late_does_not_delay_the_next_ones(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("app.services.audience.time.monotonic", lambda: now)
    viewer = Told()
    with stage.audience.joined_by(viewer, 0):
        for iteration in range(1, 601):  # slices of 10 ms, for six seconds
            stage.audience.publish_if_due(iteration)
            now += 0.01
        assert len(viewer.frames) - 1 in (180, 181)
        now += 60.0
        for iteration in range(601, 701):
            stage.audience.publish_if_due(iteration)
            now += FRAME_SECONDS / 10
        assert len(viewer.frames) - 182 <= 11, "what was missed is not caught up"


def test_who_asked_for_small_frames_gets_light_ones_between_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("app.services.audience.time.monotonic", lambda: now)
    plain, small, other = Told(), Told(small=True), Told(small=True)
    with ExitStack() as stack:
        for viewer in (plain, small, other):
            stack.enter_context(stage.audience.joined_by(viewer, 0))
        assert small.frames == [b"small from None"]
        stage.made.clear()
        for iteration in range(1, 8):
            stage.audience.publish_if_due(iteration)
            now += 1.01 * FRAME_SECONDS
        kinds = [frame.split()[0] for frame in small.frames[1:]]
        assert kinds == [b"small", b"light", b"light", b"small", b"light", b"light", b"small"]
        assert other.frames == small.frames
        assert plain.frames[1:] == [b"from %d" % iteration for iteration in range(7)]
        assert stage.made == ["frame"] * 14, "each kind is made once"
        stage.audience.publish_if_due(8)
        stage.audience.publish(8)
        assert [frame.split()[0] for frame in small.frames[-2:]] == [b"light", b"small"], "where it rests, it shows all"
    assert WHOLE_SECONDS < 3 * FRAME_SECONDS


def test_of_a_run_that_nobody_came_to_yet_all_is_new(stage: Stage) -> None:
    assert stage.audience.shown == 0


def test_whoever_watches_is_sent_away_with_the_reason(stage: Stage) -> None:
    viewer = Told()
    with stage.audience.joined_by(viewer, 0):
        stage.audience.close(Farewell.DELETED, "gone")
    assert viewer._close == (Farewell.DELETED, "gone")
