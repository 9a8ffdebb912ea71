"""The managed block in the text of an `authorized_keys` file."""

from __future__ import annotations

BEGIN = "# BEGIN machine-config: these keys are managed, put yours outside"
END = "# END machine-config"


def managed(text: str | None) -> list[str]:
    """Return the keys in the block; none if its markers are not a pair."""
    lines = _lines(text)
    if BEGIN not in lines or END not in lines[lines.index(BEGIN) :]:
        return []
    begin = lines.index(BEGIN)
    return lines[begin + 1 : lines.index(END, begin)]


def with_keys(text: str | None, keys: list[str]) -> str:
    """Return the text with exactly these keys in the block; the rest of the text is kept."""
    block = [BEGIN, *keys, END] if keys else []
    return "".join(f"{line}\n" for line in [*_outside(text), *block])


def _outside(text: str | None) -> list[str]:
    """Return the lines outside the block, without unpaired markers."""
    lines = _lines(text)
    if BEGIN in lines and END in lines[lines.index(BEGIN) :]:
        begin = lines.index(BEGIN)
        lines = lines[:begin] + lines[lines.index(END, begin) + 1 :]
    return [line for line in lines if line not in {BEGIN, END}]


def _lines(text: str | None) -> list[str]:
    """Return the lines as sshd reads them: only a newline ends a line."""
    return (text[:-1] if text.endswith("\n") else text).split("\n") if text else []
