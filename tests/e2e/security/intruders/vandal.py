"""A command that changes what is not its own, and talks to others: files outside of its folder, by every way to name
them, and sockets of every kind. Arguments: a file that all may write to, a folder that all may write to, a TCP port that
listens, the broker's socket."""
import ctypes
import os
import socket
import sys

from deeds import Deeds

SYS_IO_URING_SETUP = 425
CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET = 0x10000000, 0x00020000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def wrote(path, flags=os.O_WRONLY | os.O_CREAT):
    descriptor = os.open(path, flags, 0o600)
    os.close(descriptor)
    return True


def made(path):
    """Nothing stays of a file that could be made."""
    wrote(path)
    os.unlink(path)
    return True


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def through_link(target):
    os.symlink(target, "link")
    try:
        return wrote("link")
    finally:
        os.unlink("link")


def through_proc(target):
    """Opens for reading, and again for writing, by the descriptor."""
    descriptor = os.open(target, os.O_RDONLY)
    try:
        return wrote(f"/proc/self/fd/{descriptor}", os.O_WRONLY)
    finally:
        os.close(descriptor)


def in_own_namespaces(target):
    """As root of a user namespace, from which a mount could hide or show files."""
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        return False
    return libc.mount(b"tmpfs", os.path.dirname(target).encode(), b"tmpfs", 0, None) == 0 or wrote(target)


def connected(family, kind, address):
    with socket.socket(family, kind) as peer:
        peer.settimeout(2)
        peer.connect(address)
    return True


def in_child(deed):
    """Runs it in a child, which it may spoil."""
    def forked():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if deed() else 1
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return forked


def main():
    outside, folder, port, broker = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    deeds = Deeds()
    os.chdir(os.environ["TMPDIR"])  # the folder of its task
    inside = f"{os.getcwd()}/inside"
    with open(inside, "w", encoding="utf-8") as file:
        file.write("x")
    deeds.attempt("write", lambda: wrote(outside))
    deeds.attempt("append", lambda: wrote(outside, os.O_WRONLY | os.O_APPEND))
    deeds.attempt("truncate", lambda: os.truncate(outside, 0) is None)
    deeds.attempt("truncate by open", lambda: wrote(outside, os.O_RDONLY | os.O_TRUNC))
    deeds.attempt("write through a link", lambda: through_link(outside))
    deeds.attempt("write through /proc", lambda: through_proc(outside))
    deeds.attempt("make a file", lambda: wrote(f"{folder}/new"))
    deeds.attempt("make a file in /tmp", lambda: made(f"/tmp/forkmill-vandal.{os.getpid()}"))
    deeds.attempt("make a file in /dev/shm", lambda: made(f"/dev/shm/forkmill-vandal.{os.getpid()}"))
    deeds.attempt("make a file above", lambda: wrote("../above"))
    deeds.attempt("make a folder", lambda: os.mkdir(f"{folder}/made") is None)
    deeds.attempt("make a pipe", lambda: os.mkfifo(f"{folder}/pipe") is None)
    deeds.attempt("make a link", lambda: os.symlink("x", f"{folder}/link") is None)
    deeds.attempt("link outside", lambda: os.link(inside, f"{folder}/hard") is None)
    deeds.attempt("link inside", lambda: os.link(outside, "hard") is None)
    deeds.attempt("move outside", lambda: os.rename(inside, f"{folder}/moved") is None)
    deeds.attempt("move inside", lambda: os.rename(outside, "moved") is None)
    deeds.attempt("remove", lambda: os.unlink(outside) is None)
    deeds.attempt("remove a folder", lambda: os.rmdir(folder) is None)
    deeds.attempt("write in namespaces of its own", in_child(lambda: in_own_namespaces(outside)))
    deeds.attempt("leave its root", in_child(lambda: (os.chroot("."), wrote(outside))[1]))

    local = ("127.0.0.1", port)
    deeds.attempt("TCP", lambda: connected(socket.AF_INET, socket.SOCK_STREAM, local))
    deeds.attempt("UDP", lambda: connected(socket.AF_INET, socket.SOCK_DGRAM, local))
    deeds.attempt("IPv6", lambda: connected(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", port)))
    deeds.attempt("the broker's socket", lambda: connected(socket.AF_UNIX, socket.SOCK_STREAM, broker))
    deeds.attempt("an abstract socket", lambda: connected(socket.AF_UNIX, socket.SOCK_STREAM, f"\0forkmill-{port}"))
    deeds.attempt("netlink", lambda: connected(socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)))
    deeds.attempt("packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    deeds.attempt("VSOCK", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
    deeds.attempt("a pair of datagram sockets", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    parameters = ctypes.create_string_buffer(256)
    deeds.attempt("io_uring", lambda: libc.syscall(SYS_IO_URING_SETUP, 4, parameters) >= 0)
    deeds.attempt("network of a namespace", in_child(lambda: libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 and
                                                     connected(socket.AF_INET, socket.SOCK_DGRAM, local)))

    deeds.attempt("own folder", lambda: content(inside) == "x")
    deeds.tell()


main()
