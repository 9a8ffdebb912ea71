"""The help of a command, with its arguments in the usual notation: NODE..., [POOL|NODE]..."""

from typing import TYPE_CHECKING

from typer.core import TyperArgument, TyperCommand, TyperOption

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter


class Command(TyperCommand):
    """A command whose help shows neither braces nor Python's types."""

    def collect_usage_pieces(self, ctx: "Context") -> list[str]:
        """Return the parts of the usage line."""
        del ctx
        arguments = (each for each in self.params if isinstance(each, TyperArgument))
        return ["[OPTIONS]", *map(_notation, arguments)]

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the arguments and the options."""
        for title, kind in (("Arguments", TyperArgument), ("Options", TyperOption)):
            found = (each for each in self.get_params(ctx) if isinstance(each, kind))
            records = [(each, each.get_help_record(ctx)) for each in found]
            if rows := [(_title(each, record[0]), record[1]) for each, record in records if record]:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _title(parameter: TyperArgument | TyperOption, default: str) -> str:
    return _notation(parameter) if isinstance(parameter, TyperArgument) else default


def _notation(argument: TyperArgument) -> str:
    name = argument.metavar or argument.name
    repeated = "" if argument.nargs == 1 else "..."
    return f"{name}{repeated}" if argument.required else f"[{name}]{repeated}"
