"""The command line as people use it: in a separate process."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.numpy import save_file

from app.cli import app
from app.results import in_words
from rnn_core import Evaluation, Trainer, TrainingConfig, evaluate, load_checkpoint, save_checkpoint
from rnn_core.analysis import explain
from rnn_core.config import RULES
from rnn_core.engines.engine import ENGINES
from tests.app.serving import ROOT, environment
from tests.patience import PATIENCE
from tests.rnn_core.compare import state_of

SEED_TRACE = ROOT / "tests" / "rnn_core" / "data" / "seed_trace.txt"
COMMAND = [sys.executable, "-m", "rnn_adder"]
SMALL = ("--bits", "4", "--engine", "numpy")
"""Options for a network that nobody has to compile."""


def run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in result.stderr
    return result


def test_train_prints_what_the_script_prints_character_for_character() -> None:
    result = run_command("train", "--iterations", "50000", "--trace")
    assert result.returncode == 0
    assert result.stdout == SEED_TRACE.read_text(encoding="utf-8")
    assert result.stderr, "progress goes to standard error"


def test_train_prints_nothing_to_standard_output_without_trace_and_ends_with_the_accuracy() -> None:
    result = run_command("train", "--iterations", "1500")
    assert (result.returncode, result.stdout) == (0, "")
    trainer = Trainer()
    trainer.advance(1500)
    right = round(evaluate(trainer.config, trainer.parameters).accuracy * 16_384)
    percent = f"{10_000 * right // 16_384 / 100:.2f}"
    words = f"1500 iterations, accuracy {percent}% ({right:,} of 16,384 problems right)"
    assert result.stderr == f"rnn-adder: {words}.\n", "and without a terminal no bars"


def test_train_tells_programs_its_result_as_json(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    result = run_command("train", *SMALL, "--iterations", "700", "--json", "--quiet", "--save", path)
    assert (result.returncode, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    trainer = Trainer(load_checkpoint(path).config, "numpy")
    last = trainer.advance(700).errors[-1]
    found = evaluate(trainer.config, trainer.parameters, "numpy")
    assert told == {
        "state": "finished",
        "iteration": 700,
        "error": last,
        "accuracy": found.accuracy,
        "bit_accuracy": found.bit_accuracy.tolist(),
        "problems": 64,
        "sampled": False,
        "hard_problems": 0,
        "hard_right": 0,
        "engine": trainer.engine,
        "config": trainer.config.to_dict(),
        "checkpoint": str(path),
    }
    answer = run_command("predict", "3", "4", "--checkpoint", path, "--json", "--quiet")
    assert (answer.returncode, answer.stderr) == (0, "")
    prediction = trainer.predict(3, 4)
    assert json.loads(answer.stdout) == {
        **{name: value for name, value in vars(prediction).items() if value is not None},
        "iteration": 700,
    }


def test_what_diverged_is_told_to_programs_too() -> None:
    options = ["--activation", "relu", "--loss", "cross_entropy", "--learning-rate", "0.5", "--iterations", "100"]
    result = run_command("train", *options, "--engine", "numpy", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["state"] == "diverged"
    assert "diverged" in result.stderr


@pytest.mark.parametrize(
    ("right", "problems", "sampled", "hard", "words"),
    [
        (16_384, 16_384, False, (0, 0), "accuracy 100.00% (16,384 of 16,384 problems right)"),
        (1_048_575, 1_048_576, False, (0, 0), "accuracy 99.99% (1,048,575 of 1,048,576 problems right)"),
        (5, 10, True, (3, 4), "accuracy 50.00% (a sample: 5 of 10 problems right, and 3 of 4 hard ones)"),
    ],
)
def test_only_a_perfect_accuracy_is_100_percent(
    right: int, problems: int, sampled: bool, hard: tuple[int, int], words: str
) -> None:
    found = Evaluation(
        problems, sampled, right / problems, np.ones(8), hard[1], hard[0], np.empty((0, 2), np.int64), np.empty(0)
    )
    assert in_words(found) == words


def test_a_reader_that_leaves_ends_training_without_a_complaint_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    process = subprocess.Popen(
        [*COMMAND, "train", "--iterations", "10000000", "--trace", "--save", str(path)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()
    assert load_checkpoint(path).iteration > 0


def at_a_terminal(*arguments: str, **variables: str) -> str:
    """What a command prints to a terminal."""
    main, other = pty.openpty()
    env = {**environment(), "TERM": "xterm-256color", **variables}
    process = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, env=env, stdin=other, stdout=other, stderr=other)
    os.close(other)
    said = b""
    with suppress(OSError):  # the end, on Linux
        while piece := os.read(main, 10_000):
            said += piece
    os.close(main)
    assert process.wait(60) == 0
    return said.decode()


def test_a_terminal_shows_a_bar_and_colours_unless_told_not_to() -> None:
    train = ("train", "--iterations", "1500", *SMALL)
    assert "\x1b[38;" in at_a_terminal(*train)
    plain = at_a_terminal(*train, NO_COLOR="1")
    assert "1500/1500" in plain
    assert "\x1b[38;" not in plain
    assert "1500/1500" not in at_a_terminal(*train, TERM="dumb")
    assert at_a_terminal(*train, "--quiet") == ""


@pytest.mark.parametrize("options", [["--port", "0"], ["--port=0", "--no-store"], []])
def test_without_a_command_the_lab_is_served(options: list[str]) -> None:
    env = environment(port="0")
    process = subprocess.Popen([*COMMAND, *options], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()


def test_the_version_and_help_are_where_people_look() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["--version"]).stdout == f"rnn-adder {version('rnn-adder')}\n"
    for command in ([], ["serve"], ["train"], ["predict"], ["sweep"]):
        short, long = (runner.invoke(app, [*command, option]) for option in ("-h", "--help"))
        assert (short.exit_code, short.stdout) == (0, long.stdout)
        assert short.stdout.startswith("Usage:")
    assert "--install-completion" in runner.invoke(app, ["-h"]).stdout


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_help_shows_every_choice(command: str) -> None:
    told = "".join(CliRunner().invoke(app, [command, "-h"]).stdout.split())
    for rule in RULES.values():
        assert "|".join(rule.choices) in told
    assert "|".join(ENGINES) in told


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tr", ["train"]),
        ("--po", ["--port"]),
        ("--port 0 --data", ["--data-dir"]),
        ("train --hidden", ["--hidden-size"]),
        ("train --cell l", ["lstm"]),
        ("train --engine c", ["compiled"]),
        ("sweep --cell elman,l", ["elman,lstm"]),
    ],
)
def test_a_shell_completes_commands_options_and_choices(typed: str, offered: list[str]) -> None:
    words = f"rnn-adder {typed}"
    variables = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_RNN_ADDER_COMPLETE": "bash_complete"}
    result = CliRunner().invoke(app, [], env=variables, prog_name="rnn-adder")
    assert result.stdout.split() == [f"plain,{name}" for name in offered]


@pytest.mark.parametrize(
    ("shell", "script", "read_by"),
    [
        ("bash", ".bash_completions/rnn-adder.sh", ".bashrc"),
        ("zsh", ".zfunc/_rnn-adder", ".zshrc"),
        ("fish", ".config/fish/completions/rnn-adder.fish", ".config/fish/completions/rnn-adder.fish"),
    ],
)
def test_completion_is_set_up_for_a_shell_and_only_once(tmp_path: Path, shell: str, script: str, read_by: str) -> None:
    (tmp_path / read_by).parent.mkdir(parents=True, exist_ok=True)
    if shell != "fish":
        (tmp_path / read_by).write_text("alias mine=true\n", encoding="utf-8")
    runner, places = CliRunner(), {"HOME": str(tmp_path), "SHELL": f"/bin/{shell}"}
    for command in (["--install-completion"], ["--install-completion", shell]):
        done = runner.invoke(app, command, env=places)
        assert done.exit_code == 0, done.output
        assert read_by in done.stdout
        found = (tmp_path / read_by).read_text(encoding="utf-8")
    assert shell == "fish" or found.startswith("alias mine=true\n")
    assert (
        found.count("rnn-adder.sh" if shell == "bash" else "compinit; compinit" if shell == "zsh" else "function") == 1
    )
    shown = runner.invoke(app, ["--show-completion", shell]).stdout
    assert shown.strip() == (tmp_path / script).read_text(encoding="utf-8").strip()


def test_bash_completes_by_what_it_is_shown() -> None:
    bash, shown = shutil.which("bash"), CliRunner().invoke(app, ["--show-completion", "bash"]).stdout
    assert bash is not None
    ask = "COMP_WORDS=(rnn-adder sweep --cell elman,l); COMP_CWORD=3; _rnn_adder_completion rnn-adder; echo $COMPREPLY"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", f"{shown}\n{ask}"], env={**environment(), "PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "elman,lstm\n"


@pytest.mark.parametrize("shell", ["", "/bin/tcsh"])
def test_a_shell_that_is_not_known_is_asked_for(shell: str) -> None:
    done = CliRunner().invoke(app, ["--install-completion"], env={"SHELL": shell})
    assert done.exit_code == 2
    assert "bash, zsh, fish, powershell" in done.stderr


@pytest.mark.parametrize("iterations", [1, 999, 1000, 1001, 2000])
def test_a_block_is_printed_for_every_thousandth_iteration_from_the_first(iterations: int) -> None:
    blocks = SEED_TRACE.read_text(encoding="utf-8").split("------------\n")
    result = run_command("train", "--iterations", str(iterations), "--trace")
    assert result.stdout.split("------------\n")[:-1] == blocks[: -(-iterations // 1000)]


@pytest.mark.parametrize(
    ("task", "numbers", "said", "truth"),
    [
        ("three_numbers", ["9", "60", "1"], "9 + 60 + 1 = ", "70"),
        ("parity", ["13"], "running parity of 13 = ", "251"),
        ("comparison", ["9", "60"], "9 > 60: ", "no"),
        ("subtraction", ["60", "9"], "60 − 9 = ", "51"),
    ],
)
def test_every_task_is_asked_with_its_own_numbers(
    tmp_path: Path, task: str, numbers: list[str], said: str, truth: str
) -> None:
    path = tmp_path / "net.safetensors"
    runner, train = CliRunner(), ["train", "--task", task, "--iterations", "10", "--engine", "numpy"]
    assert runner.invoke(app, [*train, "--save", str(path)]).exit_code == 0
    result = runner.invoke(app, ["predict", *numbers, "--checkpoint", str(path)])
    assert result.exit_code == 0
    assert result.stdout.startswith(said)
    assert (f"{said}{truth}." in result.stderr) is (result.stdout != f"{said}{truth}\n")
    too_many = runner.invoke(app, ["predict", *numbers, "1", "--checkpoint", str(path)])
    assert (too_many.exit_code, too_many.stdout) == (2, "")


def test_a_wrong_answer_says_why_if_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    trainer = Trainer(TrainingConfig(bits=4))
    save_checkpoint(trainer, path)
    plain = run_command("predict", "3", "1", "--checkpoint", path, "--why", "--quiet")
    said, why = plain.stdout.splitlines()
    assert (plain.returncode, said[:8]) == (0, "3 + 1 = ")
    found = explain(trainer.config, trainer.parameters, 3, 1)
    assert why.startswith(f"The first wrong bit is at position {found.position}: ")
    document = json.loads(run_command("predict", "3", "1", "--checkpoint", path, "--why", "--json").stdout)
    assert (document["a"], document["why"]["verdict"]) == (3, found.verdict)


def test_an_operand_too_few_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_checkpoint(Trainer(), path)
    result = run_command("predict", "9", "--checkpoint", path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "b is missing" in result.stderr


def test_what_was_saved_can_be_asked_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    assert run_command("train", "--iterations", "9000", "--save", path).returncode == 0
    trainer = Trainer()
    trainer.advance(9000)
    assert state_of(load_checkpoint(path)) == state_of(trainer)
    answer = run_command("predict", "9", "60", "--checkpoint", path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "9 + 60 = 69\n", "")


def test_a_checkpoint_of_others_answers_and_says_what_is_not_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_checkpoint(Trainer(), path)
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    save_file(tensors, path, metadata)
    answer = run_command("predict", "9", "60", "--checkpoint", path)
    assert answer.returncode == 0
    assert answer.stderr.startswith("The file holds numbers as F32, so they are rounded.\n")


def test_every_part_of_the_configuration_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    options = [
        "--task",
        "addition",
        "--bits",
        "5",
        "--cell",
        "elman",
        "--activation",
        "tanh",
        "--hidden-size",
        "7",
        "--bias",
        "--init",
        "glorot",
        "--loss",
        "cross_entropy",
        "--optimizer",
        "adam",
        "--learning-rate",
        "0.01",
        "--clip-norm",
        "2",
        "--batch-size",
        "3",
        "--seed",
        "11",
    ]
    assert run_command("train", "--iterations", "20", *options, "--save", path).returncode == 0
    assert load_checkpoint(path).config == TrainingConfig(
        task="addition",
        bits=5,
        cell="elman",
        activation="tanh",
        hidden_size=7,
        bias=True,
        init="glorot",
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        clip_norm=2.0,
        batch_size=3,
        seed=11,
    )


def test_a_wrong_answer_is_one_line_and_owned_up_to(tmp_path: Path) -> None:
    path = tmp_path / "new.safetensors"
    trainer = Trainer()
    save_checkpoint(trainer, path)
    assert not trainer.predict(9, 60).correct
    answer = run_command("predict", "9", "60", "--checkpoint", path)
    assert answer.returncode == 0
    assert answer.stdout == f"9 + 60 = {trainer.predict(9, 60).predicted}\n"
    assert "69" in answer.stderr


def interrupted(tmp_path: Path, seconds_of_training: int, *arguments: str) -> tuple[subprocess.Popen[str], str, str]:
    """Run `train` and press Ctrl-C after this many printed blocks."""
    process = subprocess.Popen(
        [*COMMAND, "train", "--iterations", "10000000", "--trace", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(5 * seconds_of_training):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    return process, out, err


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_ctrl_c_ends_training_cleanly_and_keeps_what_was_done(tmp_path: Path, blocks: int) -> None:
    path = tmp_path / "net.safetensors"
    process, _, err = interrupted(tmp_path, blocks, "--save", str(path))
    assert process.returncode in (130, 0)
    assert "Traceback" not in err
    loaded = load_checkpoint(path)
    assert loaded.iteration >= 1000 * (blocks - 1) + 1
    assert str(loaded.iteration) in err
    trainer = Trainer(loaded.config)
    trainer.advance(loaded.iteration)
    assert state_of(loaded) == state_of(trainer), "as if it had been told to stop there"
    assert os.listdir(tmp_path) == [path.name], "nothing else is left behind"


def test_ctrl_c_ends_the_server_cleanly_for_a_person_at_a_terminal() -> None:
    main, other = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        cwd=ROOT,
        env=environment(),
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    said = b""
    while b"\n" not in said:
        said += os.read(main, 1000)
    assert b"http://127.0.0.1:" in said
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    with suppress(OSError):  # nothing more was said
        said += os.read(main, 10_000)
    os.close(main)
    assert b"Traceback" not in said


@pytest.mark.parametrize("package", ["app", "rnn_adder"])
def test_python_m_and_rnn_adder_are_the_same(package: str) -> None:
    script = Path(sys.executable).parent / "rnn-adder"
    module = [sys.executable, "-m", package]
    for arguments in (["--help"], ["train", "--help"], ["predict", "--help"], ["serve", "--help"]):
        named, other = (
            subprocess.run(
                [*command, *arguments], cwd=ROOT, capture_output=True, text=True, env=environment(), check=True
            )
            for command in ([script], module)
        )
        assert other.stdout.replace(f"python -m {package}", "rnn-adder") == named.stdout


def test_the_app_of_another_project_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise RuntimeError('another project')")
    script = Path(sys.executable).parent / "rnn-adder"
    env = {**environment(), "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([script, "--help"], cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--iterations", "0"],
        ["train", "--iterations", "10000001"],
        ["train", "--iterations", "many"],
        ["train", "--engine", "steam"],
        ["train", "--engine", ""],
        ["train", "--bits", "33"],
        ["train", "--bits", "8.5"],
        ["train", "--cell", "nope"],
        ["train", "--learning-rate", "nan"],
        ["train", "--learning-rate", "0"],
        ["train", "--seed", "-1"],
        ["train", "--hidden-size", "129"],
        ["train", "--hidden-size", "128", "--bits", "32", "--batch-size", "256"],
        ["train", "--what"],
        ["train", "--json", "--trace"],
        ["--what"],
        ["predict", "9", "60"],
        ["predict", "9"],
        ["predict", "nine", "60", "--checkpoint", "x"],
        ["predict", "4503599627370496", "60", "--checkpoint", "x"],
        ["predict", "1.5", "60", "--checkpoint", "x"],
        ["predict", "--checkpoint", "x", "--", "-1", "60"],
        ["fly"],
    ],
)
def test_bad_usage_is_a_sentence_and_exit_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", b"\xff" * 100])
def test_a_checkpoint_that_is_none_is_a_sentence_and_exit_1(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "net.safetensors"
    if content is not None:
        path.write_bytes(content)
    result = run_command("predict", "9", "60", "--checkpoint", path)
    assert (result.returncode, result.stdout) == (1, "")
    assert path.name in result.stderr.replace("\n", "")


def test_a_folder_is_no_checkpoint_and_no_place_for_one(tmp_path: Path) -> None:
    assert run_command("predict", "9", "60", "--checkpoint", tmp_path).returncode == 1
    result = run_command("train", "--iterations", "5", "--save", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    result = run_command("train", "--iterations", "5", "--save", tmp_path / "none" / "net.safetensors")
    assert (result.returncode, result.stdout) == (1, "")
    assert "none" in result.stderr


def test_a_training_that_diverges_says_so_and_exits_1(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    options = ["--activation", "relu", "--loss", "cross_entropy", "--learning-rate", "0.5"]
    result = run_command("train", "--iterations", "1000", "--engine", "numpy", *options, "--save", path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "diverged" in result.stderr
    saved = load_checkpoint(path)
    assert saved.diverged
    assert all(np.isfinite(weights).all() for weights in saved.parameters.values())
