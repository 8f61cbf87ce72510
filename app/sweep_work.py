"""The training of all runs of a sweep."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace

from rnn_core import MemberProgress, TrainingConfig, train_many

from .sweep import GOAL, Member
from .sweep_file import Conditions, SweepFile
from .terminal import note, progress_bar


class Work:
    """The training of all runs.

    Attributes:
        members: the runs, in the order of the sweep.
        interrupted: whether Ctrl-C ended it.
    """

    def __init__(
        self, configs: Sequence[TrainingConfig], conditions: Conditions, cores: int | None, quiet: bool
    ) -> None:
        self.members = [Member(config) for config in configs]
        self.interrupted = False
        self._conditions = conditions
        self._cores = cores
        self._quiet = quiet

    @property
    def done(self) -> int:
        """The number of runs that have ended."""
        return sum(member.done for member in self.members)

    def do_with(self, file: SweepFile, overwrite: bool) -> OSError | None:
        """Train all runs that are not in the file yet. Return the error that ended it, if the file can't be written.

        Raises:
            OSError: the file can't be read or written at the beginning.
            Unsuitable: it holds other runs.
        """
        configs = [member.config for member in self.members]
        known = {} if overwrite else file.finished(configs)
        self.members = [replace(known[config]) if config in known else Member(config) for config in configs]
        if self.done and not self._quiet:
            note(f"{self.done} of {len(configs)} runs are done already.")
        with file.opened(member for member in self.members if member.done):
            try:
                self.do(file.add)
            except OSError as error:
                return error
        try:
            file.put_in_order(self.members)
        except OSError as error:
            return error
        return None

    def do(self, finished: Callable[[Member], None] = lambda member: None) -> None:
        """Train all runs that are not done yet, with a progress bar on standard error. `finished` is called for each
        run that ends, before the bar counts it.
        """
        left = [member for member in self.members if not member.done]
        with progress_bar(sum(member.config.max_iterations for member in left), shown=not self._quiet) as bar:
            bar.label = self._runs_done()
            try:
                with closing(self._reports(left)) as reports:
                    for report in reports:
                        member = left[report.index]
                        member.take(report)
                        if member.done:
                            finished(member)
                        # A run that diverged has no iterations left to do.
                        over = member.config.max_iterations - member.iteration if member.diverged else 0
                        if member.done:
                            bar.label = self._runs_done()
                        bar.update(len(report.errors) + over)
            except KeyboardInterrupt:
                self.interrupted = True

    def _runs_done(self) -> str:
        return f"{self.done}/{len(self.members)} runs"

    def _reports(self, members: Sequence[Member]) -> Generator[MemberProgress, None, None]:
        configs = [member.config for member in members]
        every, engine = self._conditions
        return train_many(configs, every=every, accuracy_until=GOAL, engine=engine, cores=self._cores)
