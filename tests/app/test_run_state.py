"""The table of commands, without a server."""

from typing import get_args

import pytest

from app.run_state import Command, Impossible, RunState, State

STATES: tuple[State, ...] = get_args(State)
ENDED: tuple[State, ...] = ("finished", "diverged", "failed")


class Gone(Exception):
    pass


def gone() -> Exception:
    return Gone("it has been deleted")


@pytest.mark.parametrize("now", STATES)
def test_each_command_leads_where_the_table_says(now: State) -> None:
    state = RunState(now, "why")
    assert state.pause() == (now == "running")
    assert state.now == {"running": "paused"}.get(now, now)

    state = RunState(now, "why")
    if now in ("ready", "paused"):
        state.start()
        assert (state.now, state.detail) == ("running", None)
        state = RunState(now, "why")
        state.begin_step()
        assert (state.now, state.detail) == (now, None), "while its iterations are done nothing has changed"
        state.end_step()
        assert state.now == "paused"
    else:
        for name, command in (("start", state.start), ("step", state.begin_step)):
            with pytest.raises(Impossible) as refused:
                command()
            assert refused.value.command == name
        assert (state.now, state.detail) == (now, "why"), "what is refused changes nothing"

    state = RunState(now, "why")
    state.turn_into("ready", None)
    assert (state.now, state.detail, state.suspended) == ("ready", None, False)


@pytest.mark.parametrize("command", get_args(Command))
@pytest.mark.parametrize("now", ["running", *ENDED])
def test_a_refusal_names_the_run_its_state_and_what_to_do_instead(command: Command, now: State) -> None:
    with pytest.raises(Impossible) as refused:
        RunState(now, None).require_rest(command)
    instead = "Pause it first." if now == "running" else "Reset it first."
    assert refused.value.words("Main") == f"Main is {now}, so it can't {command}. {instead}"


def test_a_refusal_tells_why_it_stopped() -> None:
    state = RunState()
    state.start()
    state.diverge(9)
    with pytest.raises(Impossible) as refused:
        state.start()
    assert "The iteration after 9 was undone" in refused.value.words("Main")


@pytest.mark.parametrize("end", ENDED)
def test_a_step_may_come_to_an_end_and_stays_there(end: State) -> None:
    state = RunState()
    state.begin_step()
    {
        "finished": lambda: state.finish(500),
        "diverged": lambda: state.diverge(3),
        "failed": lambda: state.fail("OSError", "ab12"),
    }[end]()
    state.end_step()
    assert state.now == end
    assert state.detail is not None
    assert not state.resting
    assert not state.running


def test_what_is_suspended_goes_on_once_and_only_if_nobody_stopped_it() -> None:
    state = RunState("running")
    assert state.pause("the disk is full", passing=True)
    assert (state.now, state.detail, state.suspended) == ("paused", "the disk is full", True)
    assert state.recover()
    assert not state.recover(), "it was told already"

    state = RunState("running")
    state.pause("the disk is full", passing=True)
    assert state.stay()
    assert (state.detail, state.suspended, state.recover()) == (None, False, False)
    assert not state.stay(), "it stays already"


def test_what_was_paused_by_somebody_does_not_go_on_by_itself() -> None:
    state = RunState("running")
    state.pause()
    assert not state.suspended
    assert not state.recover()


def test_who_rests_is_not_suspended() -> None:
    state = RunState("paused", "why")
    assert not state.pause("the disk is full", passing=True)
    assert (state.detail, state.suspended) == ("why", False)


@pytest.mark.parametrize("resume", ["start", "begin_step"])
def test_a_command_ends_the_suspension(resume: str) -> None:
    state = RunState("running")
    state.pause("the disk is full", passing=True)
    getattr(state, resume)()
    assert (state.suspended, state.detail) == (False, None)


def test_a_reset_ends_the_suspension() -> None:
    state = RunState("running")
    state.pause("the disk is full", passing=True)
    state.turn_into("ready", None)
    assert not state.recover()


def test_of_what_is_gone_everybody_is_told() -> None:
    state = RunState("running")
    state.check()
    state.pause("the disk is full", passing=True)
    state.gone = gone
    with pytest.raises(Gone, match="deleted"):
        state.check()
    assert not state.recover(), "it goes on no more"


def test_how_training_ended_is_said_in_words() -> None:
    state = RunState("running")
    state.finish(500)
    assert state.detail == "All 500 iterations are done."
    state.diverge(9)
    assert state.detail == (
        "The iteration after 9 was undone, because its numbers would not be finite. A smaller learning rate may help."
    )


def test_failures_keep_their_text_for_the_log() -> None:
    state = RunState("running")
    state.fail("ArithmeticError", "ab12cd34")
    assert state.detail == "The trainer failed (ArithmeticError); the server's log tells more under ab12cd34."
