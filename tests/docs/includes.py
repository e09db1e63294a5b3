"""The includes of a source tree as graphs of files and of folders, for the checks in this folder."""
import os
import re
from collections import defaultdict

import tree

ROOMS = ("broker", "worker", "client", "proto")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<(forkmill/[^>]+)>)', re.M)


def folder_of(path):
    """The folder of a file. All of a room's public headers, in include/forkmill/ and below, count as one folder."""
    folder = os.path.dirname(path)
    return re.sub(r"^(\w+/include)/.*", r"\1", folder)


class Includes:
    def __init__(self, root):
        self.files = tree.sources(root, (".cc", ".h"))
        known = set(self.files)
        self.of_file = {}  # file: {included file: line}
        for path in self.files:
            text = tree.read(root, path)
            found = {}
            for match in _INCLUDE.finditer(text):
                target = _resolved(path, match, known)
                if target:
                    found[target] = text.count("\n", 0, match.start()) + 1
            self.of_file[path] = found
        self.of_folder = defaultdict(lambda: defaultdict(list))  # folder: {included folder: ["file:line: target"]}
        for path, targets in self.of_file.items():
            self.of_folder[folder_of(path)]  # folders without includes count as well
            for target, line in targets.items():
                if folder_of(target) != folder_of(path):
                    self.of_folder[folder_of(path)][folder_of(target)].append(f"{path}:{line}: {target}")

    def folders_of(self, room):
        """The graph of the folders of one room alone, as {folder: {included folders}}."""
        inside = {folder for folder in self.of_folder if folder == room or folder.startswith(room + "/")}
        return {folder: inside & set(self.of_folder[folder]) for folder in inside}


def _resolved(path, match, known):
    quoted, public = match.groups()
    if public:
        places = [f"{room}/include/{public}" for room in ROOMS]
    else:
        places = [os.path.normpath(os.path.join(os.path.dirname(path), quoted)), quoted]
    return next((place for place in places if place in known), None)


def cycles(graph):
    """The sets of nodes that reach each other (strongly connected components of more than one node), by Tarjan."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(start):
        work = [(start, iter(sorted(graph.get(start, ()))))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(sorted(graph.get(successor, ())))))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = set()
                    while node not in component:
                        component.add(stack.pop())
                    on_stack.difference_update(component)
                    if len(component) > 1:
                        found.append(component)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def floors(graph):
    """The number of nodes in the longest chain of a graph; the nodes of a cycle count as one."""
    joined = {}
    for number, component in enumerate(cycles(graph)):
        joined.update({node: f"cycle {number}" for node in component})
    acyclic = defaultdict(set)
    for node, successors in graph.items():
        here = joined.get(node, node)
        acyclic[here] |= {joined.get(successor, successor) for successor in successors} - {here}
    height = {}

    def height_of(node):
        if node not in height:
            height[node] = 1 + max((height_of(successor) for successor in acyclic[node]), default=0)
        return height[node]

    return max((height_of(node) for node in list(acyclic)), default=0)
