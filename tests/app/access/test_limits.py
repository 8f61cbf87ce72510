"""How much visitors may ask."""

from app.access import limits
from app.access.limits import BURST_OF_ADDRESS, BURST_OF_ONE, OF_ONE, Limits
from app.access.people import STRANGER, Person
from app.refusals import Busy, TooMany

ADA, BOB = Person("visitor", "ada"), Person("visitor", "bob")


def accepted(counted: Limits, person: Person, address: str, now: float, most: int = 100_000) -> int:
    """How many requests are accepted at once."""
    return next(number for number in range(most) if counted.take(person, address, now) is not None)


def test_one_visitor_asks_so_much_at_once_and_no_one_else_is_kept_out_by_that() -> None:
    counted = Limits()
    assert accepted(counted, ADA, "10.0.0.1", 5.0) == BURST_OF_ONE
    refusal = counted.take(ADA, "10.0.0.1", 5.0)
    assert isinstance(refusal, TooMany)
    assert refusal.again_in == 1
    assert counted.take(BOB, "10.0.0.1", 5.0) is None, "though they come through one router"
    assert counted.take(STRANGER, "10.0.0.1", 5.0) is None


def test_whoever_goes_on_asking_is_served_as_soon_as_others_who_wait() -> None:
    counted = Limits()
    accepted(counted, ADA, "", 5.0)
    for _ in range(1000):
        assert counted.take(ADA, "", 5.0) is not None
    assert accepted(counted, ADA, "", 6.0) == OF_ONE


def test_strangers_at_one_address_share_what_a_class_needs() -> None:
    counted = Limits()
    assert accepted(counted, STRANGER, "10.0.0.1", 5.0) == BURST_OF_ADDRESS
    assert counted.take(STRANGER, "10.0.0.2", 5.0) is None


def test_all_together_have_a_limit_too() -> None:
    counted = Limits()
    for number in range(int(limits.BURST_OF_ALL)):
        assert counted.take(Person("visitor", f"{number}"), "", 5.0) is None
    refusal = counted.take(Person("visitor", "one more"), "", 5.0)
    assert isinstance(refusal, Busy)
    assert refusal.again_in == 1
    assert len(counted._each) == limits.REMEMBERED, "and what is remembered has one"
