"""A command line in which one command may be left out: `rnn-adder --port 9000` serves."""

import click
from click.shell_completion import CompletionItem

DEFAULT = "serve"
"""The command that is meant if none is named."""


class WithDefault(click.Group):
    """Commands in the order in which they were added, one of which is meant if none is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names. Click would sort them."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the command, after adding the command if it is left out."""
        completing = ctx.resilient_parsing
        if (args and self._is_of_default(args[0], ctx)) or not (args or completing):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def _is_of_default(self, argument: str, ctx: click.Context) -> bool:
        """Whether this is an option, but not one of the group's own."""
        name = argument.partition("=")[0]
        return name.startswith("-") and all(name not in parameter.opts for parameter in self.get_params(ctx))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may follow in a shell: commands, and options of the group and of the default command."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            command = self.commands[DEFAULT]
            inner = command.make_context(DEFAULT, [], parent=ctx, resilient_parsing=True)
            known = {item.value for item in found}
            found += [item for item in command.shell_complete(inner, incomplete) if item.value not in known]
        return found
