"""SVG charts of figures: bars in units of forkmill, and lines of the rate as the work grows. No library is needed.

The charts say their colours themselves and have a white ground, so that they read alike on light and dark pages.
"""
import math
from xml.sax.saxutils import escape

FONT = "font-family='sans-serif'"
OURS, THEIRS, FLOOR, INK, GRID = "#1f6f4a", "#8a94a6", "#c9a227", "#222", "#ddd"
LINES = ("#1f6f4a", "#c0392b", "#2e6da4", "#8e44ad", "#c9a227", "#7f8c8d")
WIDTH = 760


def text(x, y, words, size=13, anchor="start", colour=INK, weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' fill='{colour}' "
            f"font-weight='{weight}' {FONT}>{escape(words)}</text>")


def document(height, title, parts):
    return "\n".join([
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
        "role='img'>",
        f"<title>{escape(title)}</title>", f"<rect width='{WIDTH}' height='{height}' fill='white'/>",
        text(16, 26, title, 15, weight="bold"), *parts, "</svg>", ""])


def short(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:.3g}"


def bars(title, rows, unit):
    """`rows`: (label, value, lowest, highest, colour). A bar each, with a line for its spread, its value, and the value
    in units of the first row of ours."""
    left, right, step = 220, 190, 30
    ours = next((row[1] for row in rows if row[4] == OURS), None)
    highest = max(row[3] for row in rows)
    scale = (WIDTH - left - right) / highest
    parts = []
    for at, (label, value, low, high, colour) in enumerate(rows):
        y = 44 + at * step
        parts += [text(left - 10, y + 15, label, anchor="end"),
                  f"<rect x='{left}' y='{y}' width='{max(1.0, value * scale):.1f}' height='20' fill='{colour}'/>"]
        if high > low:
            parts.append(f"<path d='M{left + low * scale:.1f} {y + 10}H{left + high * scale:.1f}' stroke='{INK}' "
                         "stroke-width='1.5'/>")
        ratio = "" if ours is None or unit == "×" else f" ({value / ours:.2g} ×)"
        parts.append(text(left + high * scale + 8, y + 15, f"{short(value)} {unit}{ratio}"))
    return document(54 + len(rows) * step, title, parts)


def marks_of(highest, lowest, by_powers):
    """The values at which a chart has a horizontal line: five from zero on, or powers of ten around the rates."""
    if not by_powers:
        return [highest * share for share in (0, 0.25, 0.5, 0.75, 1)]
    return [10.0**power for power in range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)]


def lines(title, heads, rows, axis, by_powers=False):
    """`rows`: (label, [value for each of `heads`, or None]). Rates over the parameter. `by_powers`: logarithmic."""
    left, top, width, height = 80, 50, WIDTH - 250, 230
    known = [value for _, values in rows for value in values if value]
    marks = marks_of(max(known), min(known), by_powers)
    scale = (lambda value: math.log10(value)) if by_powers else (lambda value: value)
    low, high = scale(marks[0]), scale(marks[-1])
    along = lambda at: left + (width * at / max(1, len(heads) - 1))  # noqa: E731
    up = lambda value: top + height * (high - scale(value)) / (high - low)  # noqa: E731
    parts = []
    for mark in marks:
        y = up(mark)
        parts += [f"<path d='M{left} {y:.1f}H{left + width}' stroke='{GRID}'/>",
                  text(left - 8, y + 4, short(mark) if mark else "0", 12, "end")]
    parts += [text(along(at), top + height + 20, head, 12, "middle") for at, head in enumerate(heads)]
    parts.append(text(left + width / 2, top + height + 42, axis, 12, "middle"))
    for number, (label, values) in enumerate(rows):
        colour = LINES[number % len(LINES)]
        points = [(along(at), up(value)) for at, value in enumerate(values) if value]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f"<path d='{path}' fill='none' stroke='{colour}' stroke-width='{3 if number == 0 else 2}'/>")
        parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.5' fill='{colour}'/>" for x, y in points]
        parts += [f"<rect x='{left + width + 24}' y='{top + 22 * number}' width='14' height='14' fill='{colour}'/>",
                  text(left + width + 46, top + 12 + 22 * number, label)]
    return document(top + height + 56, title, parts)


def colour_of(system):
    return OURS if system.startswith("forkmill") else FLOOR if system.startswith("zmq") else THEIRS


def bars_of(figures, set_name, figure, title, unit, systems=None):
    rows = []
    for system in systems or figures.systems(set_name, figure):
        runs = figures.runs(set_name, "", system, figure)
        if runs:
            rows.append((system, figures.median(set_name, "", system, figure), min(runs), max(runs), colour_of(system)))
    return bars(title, rows, unit) if rows else None


def lines_of(figures, set_name, title, axis, value=lambda parameter, rate: rate, by_powers=False):
    heads = figures.parameters(set_name)
    rows = []
    for system in figures.systems(set_name, "tasks_per_s"):
        rates = [figures.median(set_name, head, system, "tasks_per_s") for head in heads]
        rows.append((system, [None if rate is None else value(head, rate) for head, rate in zip(heads, rates)]))
    return lines(title, heads, rows, axis, by_powers) if rows else None


def growth(figures):
    """Rates of forkmill in units of the rate at the smallest size, for all sets in which the work grows."""
    rows = []
    for set_name, label in (("clients", "1, 10, 100 clients"), ("sessions", "2, 10, 100, 1,000 worker sessions"),
                            ("queues", "1, 100, 10,000 queues")):
        heads = figures.parameters(set_name)
        rates = [figures.median(set_name, head, "forkmill", "tasks_per_s") for head in heads]
        if rates and rates[0]:
            rows += [(f"{head} {label.split()[-1]}", rate / rates[0], rate / rates[0], rate / rates[0], OURS)
                     for head, rate in zip(heads, rates) if rate]
    for head in figures.parameters("backlog"):
        get = lambda name, at=head: figures.median("backlog", at, "backlog", name)  # noqa: E731
        drained, small = get("drained_per_s"), get("small_drained_per_s")
        if drained and small:
            rows.append((f"{head} queued (durable)", *[drained / small] * 3, OURS))
    return bars("The rate as the work grows, in units of the rate at the smallest size", rows, "×") if rows else None


def draw(figures):
    """Returns {name of the chart: SVG} for all sets that were measured."""
    from sets import SIZES
    drawn = {}
    if figures.has("throughput"):
        drawn["throughput"] = bars_of(figures, "throughput", "tasks_per_s",
                                      "64-byte echo tasks a second, in memory, results back and checked", "/s")
        drawn["cpu"] = bars_of(figures, "throughput", "cpu_us_per_task", "CPU time of a task over all processes", "µs")
    if figures.has("latency"):
        drawn["latency"] = bars_of(figures, "latency", "p50_us", "Round trip of one task, p50", "µs")
    if figures.has("durable"):
        drawn["durable"] = bars_of(figures, "durable", "tasks_per_s",
                                   "Tasks a second that survive a crash, and (memory) that need not", "/s")
    if figures.has("map"):
        drawn["map"] = bars_of(figures, "map", "items_per_s", "map over small integers", "items/s")
    if figures.has("commands"):
        drawn["commands"] = bars_of(figures, "commands", "jobs_per_s", "`true` as a job", "jobs/s")
    if figures.has("window"):
        drawn["window"] = lines_of(figures, "window", "Tasks a second, by tasks outstanding", "tasks outstanding",
                                   by_powers=True)
    if figures.has("payload"):
        drawn["payload"] = lines_of(figures, "payload", "MB/s in each direction, by payload", "payload",
                                    lambda head, rate: rate * SIZES[head][0] / 1e6)
    if figures.has("clients"):
        drawn["clients"] = lines_of(figures, "clients", "Tasks a second, by client processes", "clients")
    drawn["growth"] = growth(figures)
    return {name: chart for name, chart in drawn.items() if chart}
