"""Threads that start when there is work for them."""

from collections.abc import Callable
from threading import Thread


class Threads:
    """Threads that all do the same. Each new piece of work starts one more, up to `most`."""

    def __init__(self, most: int, name: str, work: Callable[[], None]) -> None:
        """Begin without threads. Each thread does `work`. Its name is `name` and a number."""
        self._most = most
        self._name = name
        self._work = work
        self._started: list[Thread] = []

    def __len__(self) -> int:
        """The number of threads."""
        return len(self._started)

    def start_another(self) -> None:
        """Start one more thread, up to `most`. Only one caller at a time may call this."""
        if len(self) < self._most:
            thread = Thread(target=self._work, name=f"{self._name} {len(self)}", daemon=True)
            self._started.append(thread)
            thread.start()

    def join(self) -> None:
        """Wait until all threads have ended."""
        for thread in self._started:
            thread.join()
