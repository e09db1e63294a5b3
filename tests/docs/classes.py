"""The classes of C++ sources and their members, as universal-ctags finds them.

The members of a class are its data, constants among them, and its functions, of all access levels. Nested types and
enumerators are none.
"""
import json
import re
import shutil
import subprocess

MAX_MEMBERS = 25

# Classes that may have more, and why.
EXEMPT = {
    "forkmill::Process": "has what multiprocessing.Process of Python has, and the options of a start besides",
    "forkmill::Dict": "has what a dict of Python has",
    "forkmill::proto::Reader": "has a function for each type of the protocol",
}

HINT = "needs ctags: deploy/install-deps --test installs it (universal-ctags)"


def is_available():
    return shutil.which("ctags") is not None


def read_tags(root, paths, kinds="cfmps"):
    command = ["ctags", "--output-format=json", "--sort=no", "-f", "-", "--language-force=C++",
               f"--kinds-C++={kinds}", "--fields=NFneKaSsP", "-L", "-"]
    done = subprocess.run(command, cwd=root, input="\n".join(paths), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


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


def plain_name(name):
    """The name of a class without unnamed namespaces."""
    return re.sub(r"__anon\w+::", "", name)


def count_members(owner, members):
    """How many members a class has. Overloads of one name count once, and so do constructors, destructor and
    assignments together."""
    special = {owner["name"], "~" + owner["name"], "operator="}
    names = {tag["name"].replace(" ", "") for tag in members}
    return len(names - special) + bool(names & special)


def large_classes(root, paths):
    """Texts about the classes in `paths` that have too many members, and about exemptions that are not needed."""
    for (path, name), (owner, members) in sorted(classes_of(read_tags(root, paths)).items()):
        count = count_members(owner, members)
        if count > MAX_MEMBERS and plain_name(name) not in EXEMPT:
            yield (f"{path}:{owner['line']}: {plain_name(name)} has {count} members, more than {MAX_MEMBERS}: data "
                   "with the functions that need nothing else make a class of their own, and a function that needs no "
                   "data of the class needs no place in it")
        if count <= MAX_MEMBERS and plain_name(name) in EXEMPT:
            yield (f"{path}:{owner['line']}: {plain_name(name)} has {count} members and needs no exemption any more: "
                   "remove it from tests/docs/classes.py")


def twins(root, paths):
    """Texts about classes and enumerations that have one full name in two files. The linker keeps one of two functions
    of a name, and says nothing. Specialisations of templates are no twins."""
    found = {}
    for tag in read_tags(root, paths, "csg"):
        name = full_name(tag)
        is_special = re.search(rf"\b{re.escape(tag['name'])}\s*<", tag["pattern"])
        if "end" in tag and "__anon" not in name and not is_special:
            found.setdefault(name, {})[tag["path"]] = tag["line"]
    for name, places in sorted(found.items()):
        if len(places) > 1:
            where = " and ".join(f"{path}:{line}" for path, line in sorted(places.items()))
            yield (f"{where}: two types have the name {name}. The linker keeps one of two functions of the same name: "
                   "give one of them a name of its own, or put it into an unnamed namespace")
