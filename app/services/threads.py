"""Threads that are started when there is something for them to do."""

from collections.abc import Callable
from threading import Thread


class Threads:
    """Threads that all do the same: one more with every piece of work that comes, up to a number."""

    def __init__(self, most: int, name: str, work: Callable[[], None]) -> None:
        """Begin with none. Each does `work`, and is called `name` and its number."""
        self._most = most
        self._name = name
        self._work = work
        self._started: list[Thread] = []

    def __len__(self) -> int:
        """How many there are."""
        return len(self._started)

    def start_another(self) -> None:
        """Start one more, unless there are as many as there may be. One caller at a time."""
        if len(self) < self._most:
            thread = Thread(target=self._work, name=f"{self._name} {len(self)}", daemon=True)
            self._started.append(thread)
            thread.start()

    def join(self) -> None:
        """Wait for the end of all of them."""
        for thread in self._started:
            thread.join()
