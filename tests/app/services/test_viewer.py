import asyncio

from app.frames import Form
from app.services.viewer import MAX_CHARACTERS, MAX_TEXTS, Farewell, Viewer
from tests.patience import PATIENCE


async def taken(viewer: Viewer, count: int) -> list[str | bytes | tuple[Farewell, str]]:
    async with asyncio.timeout(PATIENCE):
        return [await viewer.next() for _ in range(count)]


async def test_texts_come_in_order_ahead_of_the_frame() -> None:
    viewer = Viewer()
    viewer.show(b"frame")
    viewer.tell("one")
    viewer.tell("two")
    assert await taken(viewer, 3) == ["one", "two", b"frame"]


async def test_the_newest_frame_takes_the_slot() -> None:
    viewer = Viewer()
    for number in range(100):
        viewer.show(b"frame %d" % number)
    viewer.close(Farewell.ENDING, "end")
    assert await taken(viewer, 2) == [b"frame 99", (Farewell.ENDING, "end")]


async def test_what_waits_is_delivered_before_the_close() -> None:
    viewer = Viewer()
    viewer.close(Farewell.DELETED, "gone")
    viewer.tell("last words")
    viewer.show(b"last frame")
    assert await taken(viewer, 3) == ["last words", b"last frame", (Farewell.DELETED, "gone")]


async def test_the_first_close_counts() -> None:
    viewer = Viewer()
    viewer.close(Farewell.BINARY, "binary")
    viewer.close(Farewell.ENDING, "end")
    assert await taken(viewer, 1) == [(Farewell.BINARY, "binary")]


async def test_a_viewer_who_reads_nothing_holds_a_bounded_number_of_messages_and_the_newest() -> None:
    viewer = Viewer()
    for number in range(10 * MAX_TEXTS):
        viewer.tell(str(number))
        viewer.show(b"%d" % number)
    viewer.close(Farewell.OUR_FAULT, "slow")
    assert await taken(viewer, MAX_TEXTS + 2) == [
        *(str(number) for number in range(9 * MAX_TEXTS, 10 * MAX_TEXTS)),
        b"%d" % (10 * MAX_TEXTS - 1),
        (Farewell.OUR_FAULT, "slow"),
    ]


async def test_long_messages_that_wait_are_fewer_but_the_newest_is_always_there() -> None:
    viewer = Viewer()
    for number in range(10):
        viewer.tell(str(number) * (MAX_CHARACTERS // 4))
    viewer.close(Farewell.OUR_FAULT, "slow")
    assert [text[0] for text in await taken(viewer, 4)] == ["6", "7", "8", "9"]
    huge = "x" * (2 * MAX_CHARACTERS)
    viewer.tell("before")
    viewer.tell(huge)
    assert await taken(viewer, 2) == [huge, (Farewell.OUR_FAULT, "slow")]
    viewer.tell("after")
    assert await taken(viewer, 1) == ["after"]


async def test_whoever_waits_is_woken() -> None:
    viewer = Viewer()
    waiting = asyncio.create_task(viewer.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    viewer.tell("here")
    async with asyncio.timeout(PATIENCE):
        assert await waiting == "here"


class Outlet:
    """A socket that may be free."""

    def __init__(self) -> None:
        self.free = True
        self.written: list[bytes] = []

    def write(self, frame: bytes) -> bool:
        if self.free:
            self.written.append(frame)
        return self.free


async def test_while_the_sender_has_nothing_to_do_frames_go_out_at_once() -> None:
    outlet = Outlet()
    viewer = Viewer(outlet=outlet.write)
    viewer.show(b"nobody sends yet")
    assert outlet.written == []
    assert await taken(viewer, 1) == [b"nobody sends yet"]
    viewer.show(b"it is sending the last one")
    assert outlet.written == []
    assert await taken(viewer, 1) == [b"it is sending the last one"]
    sending = asyncio.create_task(viewer.next())
    await asyncio.sleep(0)
    viewer.show(b"one")
    viewer.show(b"two")
    assert outlet.written == [b"one", b"two"]
    viewer.tell("text")
    viewer.show(b"behind the text")
    assert outlet.written == [b"one", b"two"]
    async with asyncio.timeout(PATIENCE):
        assert await sending == "text"
    assert await taken(viewer, 1) == [b"behind the text"]


async def test_a_frame_that_the_socket_does_not_take_now_waits_in_the_slot() -> None:
    outlet = Outlet()
    viewer = Viewer(outlet=outlet.write)
    sending = asyncio.create_task(viewer.next())
    await asyncio.sleep(0)
    outlet.free = False
    viewer.show(b"one")
    outlet.free = True
    viewer.show(b"two")
    async with asyncio.timeout(PATIENCE):
        assert await sending == b"two"
    assert outlet.written == []


async def test_a_light_frame_never_takes_the_place_of_one_that_shows_more() -> None:
    viewer = Viewer(small=True)
    assert viewer.wants(light=True) is Form.LIGHT
    viewer.show(b"light", Form.LIGHT)
    assert viewer.wants(light=True) is Form.LIGHT
    viewer.show(b"small", Form.SMALL)
    assert viewer.wants(light=True) is Form.SMALL
    viewer.show(b"newer", Form.SMALL)
    assert await taken(viewer, 1) == [b"newer"]
    assert viewer.wants(light=True) is Form.LIGHT
    assert viewer.wants(light=False) is Form.SMALL


def test_who_asked_for_nothing_gets_plain_frames() -> None:
    assert {Viewer().wants(light=light) for light in (True, False)} == {Form.PLAIN}
