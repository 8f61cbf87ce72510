"""The states of a run and the table of commands, without a server, a clock or a trainer.

state             start     pause      step                              reset
ready             running   ready      paused *                          ready
running           running   paused     refused                           ready
paused            running   paused     paused *                          ready
finished          refused   finished   refused                           ready
diverged, failed  refused   unchanged  refused                           ready

* or finished, diverged or failed, if the step ended so.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from rnn_core.text import Text, in_a_row

Speed: TypeAlias = float | Literal["story"] | None
"""How fast a run trains: iterations a second, None for as fast as it can, or the story: quick where nothing happens,
slow where it learns.
"""

STORY: Literal["story"] = "story"

DEFAULT_SPEED = 300.0
"""The speed of a run if nobody has chosen one."""

State = Literal["ready", "running", "paused", "finished", "diverged", "failed"]

STATES: dict[State, Text] = {
    "ready": Text("ready"),
    "running": Text("running"),
    "paused": Text("paused"),
    "finished": Text("finished"),
    "diverged": Text("diverged"),
    "failed": Text("failed"),
}
"""The names of the states for people."""

Command = Literal["start", "step"]


class Impossible(Exception):
    """A command that a run's state does not allow."""

    def __init__(self, command: Command, state: "RunState") -> None:
        """Remember the command and the run's state."""
        super().__init__(command)
        self.command = command
        self.state = state

    def words(self, name: str) -> str:
        """Why a run of this name can't do it, and what to do instead."""
        values = {"name": name, "state": STATES[self.state.now]}
        what = (
            Text("{name} is {state}, so it can't start.", **values)
            if self.command == "start"
            else Text("{name} is {state}, so it can't step.", **values)
        )
        instead = Text("Pause it first.") if self.state.now == "running" else Text("Reset it first.")
        return in_a_row(filter(None, (what, self.state.detail, instead)))


class RunState:
    """The state of one run.

    Attributes:
        now: the current state.
        detail: why training stopped, in words; or None.
        suspended: whether it is paused for a temporary reason, such as a full disk. Then it goes on by itself.
        gone: makes the error that says why the run no longer exists; None while it exists.
    """

    def __init__(self, now: State = "ready", detail: str | None = None) -> None:
        self.now: State = now
        self.detail = detail
        self.suspended = False
        self.gone: Callable[[], Exception] | None = None

    @property
    def running(self) -> bool:
        """Whether it trains until another command comes."""
        return self.now == "running"

    @property
    def resting(self) -> bool:
        """Whether it is not being trained, but may be."""
        return self.now in ("ready", "paused")

    def check(self) -> None:
        """Check that the run still exists.

        Raises:
            Exception: it does not; `gone` makes the exception.
        """
        if self.gone is not None:
            raise self.gone()

    def require_rest(self, command: Command) -> None:
        """Check that a command may train it.

        Raises:
            Impossible: the command may not.
        """
        if not self.resting:
            raise Impossible(command, self)

    # Commands

    def start(self) -> None:
        """Begin to train, or go on.

        Raises:
            Impossible: there is nothing left to train, or it trains already.
        """
        self.require_rest("start")
        self.now, self.detail, self.suspended = "running", None, False

    def pause(self, detail: str | None = None, *, passing: bool = False) -> bool:
        """Stop training. Returns whether it was training.

        Args:
            detail: the reason, if nobody gave the command.
            passing: whether the reason is temporary, so that training goes on by itself.
        """
        if not self.running:
            return False
        self.now, self.detail, self.suspended = "paused", detail, passing
        return True

    def stay(self, detail: str | None = None) -> bool:
        """Stop it from going on by itself. Returns whether it would have.

        Args:
            detail: why it does not go on, or None.
        """
        if not self.suspended:
            return False
        self.suspended, self.detail = False, detail
        return True

    def begin_step(self) -> None:
        """Begin a step of some iterations. The state does not change while they are done.

        Raises:
            Impossible: there is nothing left to train, or it trains already.
        """
        self.require_rest("step")
        self.suspended, self.detail = False, None

    def end_step(self) -> None:
        """The iterations of a step are done. A run that has ended keeps its state."""
        if self.now == "ready":
            self.now = "paused"

    def turn_into(self, now: State, detail: str | None) -> None:
        """Take over the state of another history, for example after a reset."""
        self.now, self.detail, self.suspended = now, detail, False

    def recover(self) -> bool:
        """The reason for the suspension is over. Returns whether to train on; somebody may have stopped the run."""
        goes_on = self.suspended and self.now == "paused" and self.gone is None
        self.suspended = False
        return goes_on

    # How training ends

    def diverge(self, iteration: int) -> None:
        """The next iteration's numbers would not be finite."""
        self.now = "diverged"
        self.detail = Text(
            "The iteration after {iteration} was undone, because its numbers would not be finite. "
            "A smaller learning rate may help.",
            iteration=iteration,
        )

    def finish(self, iterations: int) -> None:
        """All iterations are done."""
        self.now = "finished"
        self.detail = Text("All {number} iterations are done.", number=iterations)

    def fail(self, error: str, log_id: str) -> None:
        """The trainer failed, which is an error of the server. The server's log says more under `log_id`."""
        self.now = "failed"
        self.detail = Text(
            "The trainer failed ({error}); the server's log tells more under {log_id}.", error=error, log_id=log_id
        )
