"""The figures of a source tree: how large its files, functions, classes and folders are, and how well it is commented.

Product code: the .cc and .h files of broker/, worker/, client/ and proto/, with their examples. Public headers: those
below client/include, worker/include and proto/include. universal-ctags finds functions, classes and members. The
members of a class are the functions and data that it declares, of all access levels; each overload counts.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict

import comments
import includes
import tree

LARGEST = 15


def main(root):
    """Prints the table of figures of the tree at `root`."""
    if not shutil.which("ctags"):
        print("tests/docs/rooms: --figures needs ctags: apt-get install universal-ctags", file=sys.stderr)
        return 2
    product = [path for path in tree.sources(root, (".cc", ".h")) if path.startswith(includes.ROOMS)]
    tags = read_tags(root, product)
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


def read_tags(root, paths):
    command = ["ctags", "--output-format=json", "--sort=no", "-f", "-", "--language-force=C++",
               "--kinds-C++=cfmps", "--fields=NFneKaSs", "-L", "-"]
    done = subprocess.run(command, cwd=root, input="\n".join(paths), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


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


def classes_of(tags):
    """Classes and structs as {(file, name): (tag, members)}; the members are the functions and data declared in it."""
    classes = {}
    for tag in tags:
        if tag["kind"] in ("class", "struct") and "end" in tag:
            classes[tag["path"], full_name(tag)] = (tag, [])
    for tag in tags:
        owner, members = classes.get((tag["path"], tag.get("scope")), (None, None))
        is_member = tag["kind"] in ("function", "prototype", "member")
        if owner and is_member and owner["line"] <= tag["line"] <= owner["end"]:
            members.append(tag)
    return classes


def full_name(tag):
    return f"{tag['scope']}::{tag['name']}" if "scope" in tag else tag["name"]


def class_figures(tags, order):
    """The largest classes, in the order of (data members, all members)."""
    counted = []
    for (path, name), (_, members) in classes_of(tags).items():
        data = sum(tag["kind"] == "member" for tag in members)
        name = re.sub(r"__anon\w+::", "", name).removeprefix("forkmill::")
        counted.append((data, len(members), f"{name} ({path})"))
    for data, everything, name in sorted(counted, key=order, reverse=True)[:LARGEST]:
        yield name, f"{data} / {everything - data} / {everything}"


# --- Comments


def comment_figures(root, tags):
    public = [path for path in tree.sources(root, (".h",)) if re.match(r"\w+/include/", path)]
    texts = {path: tree.read(root, path).splitlines() for path in public}
    written = [line for lines in texts.values() for line in lines if line.strip()]
    commented = sum(comments.split(line)[1] is not None for line in written)
    yield "public headers: lines with a comment, of those that are not empty", percent(commented, len(written))
    members = public_members(tags, texts)
    own = sum(has_comment(texts[tag["path"]], tag) for tag in members)
    group = sum(has_comment(texts[tag["path"]], tag, group=True) for tag in members)
    yield "public members with a comment above or at the end of the line", percent(own, len(members))
    yield "the same, or in a group without an empty line that has a comment above", percent(group, len(members))
    blocks = Counter()
    for path in tree.sources(root, (".cc", ".h")):
        for block in comments.blocks(tree.read(root, path)):
            if comments.FORBIDDEN_BEGINNING.match(block.beginning):
                blocks[block.trailing] += 1
    yield "comment blocks that do not begin with their subject", blocks[False]
    yield "comments after code that do not begin with their subject", blocks[True]


def percent(part, whole):
    return f"{100 * part / whole:.1f} % of {whole}"


def public_members(tags, texts):
    """The public functions and data of the classes of public headers, but those of namespace detail."""
    return [tag for (path, name), (_, members) in classes_of(tags).items() if path in texts and "detail" not in name
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
