"""The figures of a source tree: how large its files, functions, classes and folders are, and how well it is commented.

Product code: the .cc and .h files of broker/, worker/, client/ and proto/, with their examples. Public headers: those
below client/include, worker/include and proto/include that programs include, which leaves out detail/. universal-ctags
finds functions, classes and members (classes.py). Each overload counts as a member here.
"""
import os
import re
import sys
from collections import Counter, defaultdict

import classes
import comments
import includes
import tree

LARGEST = 15


def main(root):
    """Prints the table of figures of the tree at `root`."""
    if not classes.is_available():
        print(f"tests/docs/rooms: --figures {classes.HINT}", file=sys.stderr)
        return 2
    product = [path for path in tree.sources(root, (".cc", ".h")) if path.startswith(includes.ROOMS)]
    tags = classes.read_tags(root, product)
    for title, rows in (("rooms", room_figures(root)), ("code", code_figures(root, product, tags)),
                        ("comments", comment_figures(root, tags)),
                        ("classes with most data members / functions / both", class_figures(tags, lambda c: c)),
                        ("largest classes: data members / functions / both", class_figures(tags, lambda c: c[1:]))):
        print(f"| {title} | |\n|---|---|")
        for name, value in rows:
            print(f"| {name} | {value} |")
        print()
    return 0


# --- Folders


def entry_of(path, room):
    """The entry that a reader who opens the folder `room` sees for `path`: a subfolder, or a source with its header."""
    inside = path[len(room) + 1:]
    return inside.split("/")[0] + "/" if "/" in inside else os.path.splitext(inside)[0]


def room_figures(root):
    graph = includes.Includes(root)
    for room in ("client", "worker", "broker", "broker/core", "tests"):
        files = [path for path in graph.files if path.startswith(room + "/")]
        if not files:
            continue
        levels = Counter(os.path.dirname(path) for path in files)
        fullest, most = max(levels.items(), key=lambda level: level[1])
        yield f"{room}/: most files at one level", f"{most} ({fullest})"
        yield f"{room}/: folders / floors / arrows / arrows in cycles", shape(graph.folders_of(room))
        entries = defaultdict(set)
        for path in files:
            entries[entry_of(path, room)] |= {entry_of(target, room) for target in graph.of_file[path]
                                              if target.startswith(room + "/")} - {entry_of(path, room)}
        yield f"{room}/: entries at its first level / floors / arrows / arrows in cycles", shape(entries)


def shape(graph):
    """The nodes, floors (the longest chain of includes), arrows (pairs of which one includes the other), and the arrows
    that run up: those in a cycle."""
    cycles = includes.cycles(graph)
    arrows = [(node, target) for node, targets in graph.items() for target in targets]
    up = sum(any(node in cycle and target in cycle for cycle in cycles) for node, target in arrows)
    return f"{len(graph)} / {includes.floors(graph)} / {len(arrows)} / {up}"


# --- Files, functions and classes


def distribution(values):
    values = sorted(values)
    return " / ".join(str(values[min(int(len(values) * share), len(values) - 1)]) for share in (0.5, 0.95, 1))


def code_figures(root, product, tags):
    lengths = [tree.read(root, path).count("\n") for path in product]
    yield "files", len(lengths)
    yield "lines", sum(lengths)
    yield "file length: median / 95 % / max", distribution(lengths)
    functions = [tag["end"] - tag["line"] + 1 for tag in tags if tag["kind"] == "function" and "end" in tag]
    yield "functions", len(functions)
    yield "function length: median / 95 % / max", distribution(functions)


def class_figures(tags, order):
    """The largest classes, in the order of (data members, all members)."""
    counted = []
    for (path, name), (_, members) in classes.classes_of(tags).items():
        data = sum(tag["kind"] == "member" for tag in members)
        name = classes.plain_name(name).removeprefix("forkmill::")
        counted.append((data, len(members), f"{name} ({path})"))
    for data, everything, name in sorted(counted, key=order, reverse=True)[:LARGEST]:
        yield name, f"{data} / {everything - data} / {everything}"


# --- Comments


def comment_figures(root, tags):
    installed = [path for path in tree.sources(root, (".h",)) if re.match(r"\w+/include/", path)]
    texts = {path: tree.read(root, path).splitlines() for path in installed if "/detail/" not in path}
    yield "public headers: lines with a comment, of those that are not empty", commented_share(texts.values())
    everything = [tree.read(root, path).splitlines() for path in installed]
    yield "the same with the headers in detail/, which are installed as well", commented_share(everything)
    members = public_members(tags, texts)
    own = sum(has_comment(texts[tag["path"]], tag) for tag in members)
    group = sum(has_comment(texts[tag["path"]], tag, group=True) for tag in members)
    yield "public members with a comment above or at the end of the line", percent(own, len(members))
    yield "the same, or in a group without an empty line that has a comment above", percent(group, len(members))
    blocks = Counter()
    for path in tree.sources(root, (".cc", ".h")):
        for block in comments.blocks(tree.read(root, path)):
            blocks[block.trailing] += sum(
                bool(comments.FORBIDDEN_BEGINNING.match(text)) for _, text in block.beginnings)
    yield "comment blocks that do not begin with their subject", blocks[False]
    yield "comments after code that do not begin with their subject", blocks[True]


def commented_share(files):
    written = [line for lines in files for line in lines if line.strip()]
    return percent(sum(comments.split(line)[1] is not None for line in written), len(written))


def percent(part, whole):
    return f"{100 * part / whole:.1f} % of {whole}"


def public_members(tags, texts):
    """The public functions and data of the classes of public headers, but those of namespace detail."""
    return [tag for (path, name), (_, members) in classes.classes_of(tags).items()
            if path in texts and "detail" not in name
            for tag in members if tag.get("access") == "public"]


def has_comment(lines, tag, group=False):
    """Whether a comment stands above the member, or at the end of its first or last line; or, if `group`, above the
    members that stand before it without an empty line between them."""
    first = tag["line"] - 1
    last = min(tag.get("end", tag["line"]), len(lines)) - 1
    if comments.split(lines[first])[1] is not None or comments.split(lines[last])[1] is not None:
        return True
    above = first - 1
    while lines[above].strip().startswith("template") or lines[above].strip().startswith("requires"):
        above -= 1
    while group and lines[above].strip() and not is_comment(lines[above]) and not opens(lines[above]):
        above -= 1
    return is_comment(lines[above])


def is_comment(line):
    return line.strip().startswith("//")


def opens(line):
    return bool(re.match(r"\s*(public|protected|private)\s*:|\s*(class|struct)\b", line))
