import asyncio

from app.services.intake import AT_A_TIME, Intake
from tests.patience import PATIENCE


async def test_so_many_bring_files_in_at_a_time_and_one_from_each_address() -> None:
    intake = Intake()
    inside: list[str] = []
    leave = asyncio.Event()

    async def bring(address: str) -> None:
        async with intake.turn(address):
            inside.append(address)
            await leave.wait()

    greedy = [asyncio.create_task(bring("greedy")) for _ in range(10)]
    others = [asyncio.create_task(bring(str(number))) for number in range(AT_A_TIME)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert inside == ["greedy", *map(str, range(AT_A_TIME - 1))]
    leave.set()
    await asyncio.gather(*greedy, *others)
    assert len(inside) == 10 + AT_A_TIME


async def test_whoever_leaves_gives_the_place_free() -> None:
    intake = Intake()

    async def bring() -> None:
        async with intake.turn("one"):
            await asyncio.Event().wait()

    staying, waiting = asyncio.create_task(bring()), asyncio.create_task(bring())
    for task in (waiting, staying):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(staying, waiting, return_exceptions=True)
    async with asyncio.timeout(PATIENCE), intake.turn("one"):
        pass
