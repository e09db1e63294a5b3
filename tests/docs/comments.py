"""The comments of sources and scripts, for the checks in this folder."""
import re
from dataclasses import dataclass

# A string, a character or a comment to the end of the line; only then anything else.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|(?<!\w)\'(?:\\.|[^\'\\])*\'|//.*|.')

# The words that leave the subject of a comment to be guessed.
FORBIDDEN_BEGINNING = re.compile(r"(It|They|Of|Nor|Then|So|Such|What|Whoever|Whatever|Those|One that|For whom)\b", re.I)


def is_indented(line):
    return line.startswith("  ")


@dataclass
class Block:
    """Comment lines one below the other; or, if `trailing`, the comment after the code of a line."""

    line: int  # number of the first line, from 1
    text: list  # without the slashes
    trailing: bool = False

    @property
    def beginnings(self):
        """The first line of each paragraph, with its number. Lines that are indented are examples and tables."""
        for at, line in enumerate(self.text):
            is_first = at == 0 or not self.text[at - 1].strip() or is_indented(self.text[at - 1])
            if line.strip() and is_first and not (at > 0 and is_indented(line)):
                yield self.line + at, line.strip()


def split(line):
    """Splits a line into its code and its comment, which is None if there is none."""
    tokens = _TOKEN.findall(line)
    comment = tokens[-1] if tokens and tokens[-1].startswith("//") else None
    return (line[:len(line) - len(comment)], comment[2:]) if comment else (line, None)


def split_script(line):
    """The same for a line of a shell, Python or CMake script. Two spaces part a comment from the code before it."""
    match = re.match(r"(\s*|.*\s{2})#(?!!)(?=\s|$)(.*)", line)
    return match.groups() if match else (line, None)


def blocks(text, split_line=split):
    """All comments of a source, in order."""
    found = []
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        code, comment = split_line(line)
        if comment is None:
            current = None
        elif code.strip():
            current = None
            found.append(Block(number, [comment], trailing=True))
        elif current:
            current.text.append(comment)
        else:
            current = Block(number, [comment])
            found.append(current)
    return found
