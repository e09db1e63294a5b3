"""The files of the source tree, for the checks in this folder. Works in a git checkout and in an unpacked tarball."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def sources(root, suffixes, under=()):
    """Lists the files below `root` that end in one of `suffixes`, as sorted paths relative to `root`.

    `under` limits the list to these files and folders (relative to `root`). Build folders, files that git ignores and
    the programs of the contract (folders named `contract`), which are fixed, are left out.
    """
    found = [path for path in _all_files(root) if path.endswith(suffixes) and "/contract/" not in path]
    if under:
        found = [path for path in found if any(_is_below(path, place) for place in under)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def relative(root, places):
    """Turns files and folders of the command line into paths relative to `root`; exits with 2 if one does not exist."""
    for place in places:
        if not os.path.exists(place):
            print(f"{os.path.basename(sys.argv[0])}: there is no {place}", file=sys.stderr)
            sys.exit(2)
    return [os.path.relpath(os.path.abspath(place), root) for place in places]


def _all_files(root):
    if os.path.exists(os.path.join(root, ".git")):
        command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
            return [path for path in dict.fromkeys(listed) if path and os.path.isfile(os.path.join(root, path))]
        except (OSError, subprocess.CalledProcessError):
            pass  # no git program, or a checkout of another user: walk the folders
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith((".", "build")) and name not in ("__pycache__", "node_modules")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return found


def _is_below(path, place):
    return place == "." or path == place or path.startswith(place.rstrip("/") + "/")


if __name__ == "__main__":  # tree.py SUFFIX...: prints the files of the tree that end in one of these, one a line
    print("\n".join(sources(TOP, tuple(sys.argv[1:]))))
