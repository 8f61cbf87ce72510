"""Completion of the command line in shells: --install-completion and --show-completion."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from .terminal import Command, fail

NAME = "rnn-adder"
VARIABLE = "_RNN_ADDER_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell")


def script_for(shell: str) -> str:
    """What a shell has to run once to complete `rnn-adder`."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(click.Group(NAME), {}, NAME, VARIABLE).source()


def install(shell: str, script: str) -> Path:
    """Write the script where the shell finds it, and have it read. Return the file that was written or added to.

    Raises:
        OSError: a file can't be written, or PowerShell can't be asked where its profile is.
    """
    home = Path.home()
    if shell == "fish":
        return written(home / ".config" / "fish" / "completions" / f"{NAME}.fish", script)
    if shell == "zsh":
        written(home / ".zfunc" / f"_{NAME}", script)
        return added(home / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
    if shell == "powershell":
        return added(profile_of_powershell(), script)
    file = written(home / ".bash_completions" / f"{NAME}.sh", script)
    return added(home / ".bashrc", f"source '{file}'")


def written(file: Path, text: str) -> Path:
    """A file with this text."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def added(file: Path, text: str) -> Path:
    """A file with this text in it, at its end if it is not in it yet."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if text.strip() in before:
        return file
    return written(file, f"{before.rstrip()}\n\n{text}\n".lstrip())


def profile_of_powershell() -> Path:
    """The file that PowerShell runs when it starts."""
    for program in ("pwsh", "powershell"):
        try:
            told = subprocess.run([program, "-NoProfile", "-Command", "echo $profile"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return Path(os.fsdecode(told.stdout).strip())
    raise FileNotFoundError(2, "PowerShell can't be asked where its profile is")


def chosen(shell: str) -> str:
    """The named shell. If none was: on Windows PowerShell, elsewhere the one that the system starts for this person.

    Raises:
        BadParameter: it is none of `SHELLS`.
    """
    name = shell or Path(os.environ.get("SHELL", "powershell" if os.name == "nt" else "")).stem
    if name not in SHELLS:
        raise click.BadParameter(f"name one of these shells: {', '.join(SHELLS)}.")
    return name


def show(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Print the script and end, if asked."""
    if shell is not None and not context.resilient_parsing:
        print(script_for(chosen(shell)))
        context.exit()


def set_up(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Install the script and end, if asked."""
    if shell is not None and not context.resilient_parsing:
        shell = chosen(shell)
        try:
            file = install(shell, script_for(shell))
        except OSError as error:
            fail(f"can't set up completion: {error.strerror or error}: {error.filename}.", 1)
        print(f"{shell} completes rnn-adder when it is started anew: see {file}.")
        context.exit()


def completion_options(command: Command) -> Command:
    """Give the command line both options. The name of the shell may be left out."""
    for flag, callback, meaning in (
        ("--show-completion", show, "Print what makes a shell complete commands and options, to copy or change it."),
        ("--install-completion", set_up, "Have a shell complete commands and options: yours, or the one you name."),
    ):
        command = option(flag, callback, meaning)(command)
    return command


def option(
    flag: str, callback: Callable[[click.Context, click.Parameter, str | None], None], meaning: str
) -> Callable[[Command], Command]:
    """One of them."""
    return click.option(
        flag,
        is_flag=False,
        flag_value="",
        metavar=f"[{'|'.join(SHELLS)}]",
        expose_value=False,
        is_eager=True,
        callback=callback,
        help=meaning,
    )
