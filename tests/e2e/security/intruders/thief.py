"""A command that reads what is not for it: the environment, memory, files and descriptors of the processes above it, the
key of its worker, what it has inherited. Arguments: the worker's pid, and files that it must not read."""
import ctypes
import os
import signal
import sys

from deeds import Deeds

PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SEIZE = 16, 17, 0x4206
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD, SYS_PROCESS_VM_READV, SYS_KCMP, SYS_KEYCTL = 434, 438, 310, 312, 250  # on x86-64
libc = ctypes.CDLL(None, use_errno=True)


def content(path):
    with open(path, "rb") as file:
        return file.read(64)


def opened(path):
    os.close(os.open(path, os.O_RDONLY))
    return True


def above(pid):
    """The process, and those above it, up to init."""
    found = []
    while pid > 1:
        found.append(pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return found


def traced(pid, request):
    if libc.ptrace(request, pid, None, None) != 0:
        return False
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return True


def descriptor_of(pid):
    handle = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    try:
        return handle >= 0 and any(libc.syscall(SYS_PIDFD_GETFD, handle, number, 0) >= 0 for number in range(40))
    finally:
        if handle >= 0:
            os.close(handle)


def main():
    worker, secrets = int(sys.argv[1]), sys.argv[2:]
    deeds = Deeds()
    for pid in {*above(os.getppid()), *above(worker)}:
        who = "parent" if pid == os.getppid() else "worker" if pid == worker else "above"
        if who == "above":
            continue  # the process that has started the worker is no part of it
        for name in ("environ", "mem", "maps", "auxv", "io", "stack", "fd", "map_files", "cwd", "root"):
            path = f"/proc/{pid}/{name}"
            is_folder = name in ("fd", "map_files")
            deeds.attempt(f"{who}: {name}", lambda: os.listdir(path) if is_folder else
                          os.readlink(path) if name in ("cwd", "root") else content(path))
        deeds.attempt(f"{who}: attach", lambda: traced(pid, PTRACE_ATTACH))
        deeds.attempt(f"{who}: seize", lambda: traced(pid, PTRACE_SEIZE))
        deeds.attempt(f"{who}: descriptor", lambda: descriptor_of(pid))
        deeds.attempt(f"{who}: compare", lambda: libc.syscall(SYS_KCMP, os.getpid(), pid, 0, 0, 0) >= 0)
        for number in (0, signal.SIGURG):  # the second one does nothing to whom it reaches
            deeds.attempt(f"{who}: signal {number}", lambda: os.kill(pid, number) is None)
    for path in secrets:
        deeds.attempt(f"read {path}", lambda: content(path))
        deeds.attempt(f"opened {path}", lambda: opened(path))
    inherited = sorted(int(number) for number in os.listdir("/proc/self/fd"))
    extra = [number for number in inherited[:-1] if number > 2]  # the last one is that of the folder itself
    deeds.attempt(f"inherited {extra}", lambda: extra)
    for name in os.environ:
        if name.startswith("FORKMILL_") and name != "FORKMILL_BROKER" or name.startswith("FM_SECRET"):
            deeds.attempt(f"variable {name}", lambda: True)
    deeds.tell()


main()
