"""Why an answer is wrong, in a sentence or two, as `rnn-adder predict --why` prints it."""

from typing import Any

from rnn_core.analysis import Explanation
from rnn_core.tasks import Task

BLAMED = {
    "memory": "The memory is to blame, not the reading of it.",
    "reading": "The reading of the memory is to blame: the weights into and out of the state.",
    "right": "",
}


def in_words(found: Explanation, task: Task) -> str:
    """What happened at the explained position, and what another memory would have made of it."""
    bits = ", ".join(f"{name} {bit}" for name, bit in zip(task.operands, found.case.bits, strict=True))
    what = "The bit nearest to being wrong" if found.verdict == "right" else "The first wrong bit"
    said = "had no answer" if found.overflow else f"said {_bit(found.probability)} ({found.probability:.3f})"
    sentences = [
        f"{what} is at position {found.position}: {bits}, {found.case.state}.",
        f"It should be {found.expected}, and the network {said}.",
    ]
    if found.patched is not None:
        donor = task.expression.format(**found.patched.from_)
        place = "" if found.patched.position == found.position else f" before position {found.patched.position}"
        sentences.append(
            f"With the memory of {donor}{place} ({found.patched.state}) "
            f"it would have said {_bit(found.patched.probability)} ({found.patched.probability:.3f})."
        )
    elif found.position == 0:
        sentences.append("Every problem begins with the same memory.")
    else:
        sentences.append("No other problem has another memory there.")
    return " ".join([*sentences, BLAMED[found.verdict]]).strip()


def as_json(found: Explanation) -> dict[str, Any]:
    """The same for programs, with the names that the API has."""
    document = {name: value for name, value in vars(found).items() if name != "overflow" or value}
    document["case"] = {"state": str(found.case.state), "bits": list(found.case.bits)}
    if found.patched is not None:
        members = dict(vars(found.patched))
        document["patched"] = {"from": members.pop("from_"), **members}
    return document


def _bit(probability: float) -> int:
    return int(probability > 0.5)
