"""A proof that a network is right on numbers of any length: found by `prove`, checked by `check`."""

from rnn_core.proof.answer import Boxes, Counterexample, NoProofError, Progress, Proof
from rnn_core.proof.certificate import same_network
from rnn_core.proof.check import Checked, check
from rnn_core.proof.prove import prove

__all__ = ["Boxes", "Checked", "Counterexample", "NoProofError", "Progress", "Proof", "check", "prove", "same_network"]
