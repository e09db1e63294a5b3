"""Numbers, tables and goals as Markdown."""


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def spread(runs):
    return f"{min(runs):,.0f} to {max(runs):,.0f}" if runs else "-"


def table(heads, rows, left=1):
    """The first `left` columns and the last one with words are aligned to the left."""
    marks = ["---" if at < left or "how" in head else "---:" for at, head in enumerate(heads)]
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join(marks) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def goal(text, value, limit, at_most=False, digits=2):
    """A line "TEXT: VALUE (at least LIMIT: reached)"; nothing if the value was not measured."""
    if value is None:
        return ""
    reached = value <= limit if at_most else value >= limit
    return (f"- {text}: {number(value, digits)} (goal: at {'most' if at_most else 'least'} {limit:g}, "
            f"{'reached' if reached else 'MISSED'})\n")


def code(word):
    return f"`{word}`"
