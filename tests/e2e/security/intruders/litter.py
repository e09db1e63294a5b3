"""A command that leaves processes behind, in every way, and one that forks without end. Arguments: "leave" and a file
for the numbers of the processes; or "bomb" and how many to start."""
import os
import signal
import sys


def rest(path, name):
    """Lives on, deaf to what asks it to end. Its name and number are in the file when its maker goes on."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{name} {os.getpid()}\n")
    os.close(told[1])
    for stream in (0, 1, 2):
        os.close(stream)
    while True:
        signal.pause()


def leave(path, name, prepare):
    """A process that is nobody's child, after `prepare`."""
    child = os.fork()
    if child == 0:
        prepare()
        if os.fork() == 0:
            rest(path, name)
        os._exit(0)
    os.waitpid(child, 0)


told = os.pipe()
if sys.argv[1] == "leave":
    leave(sys.argv[2], "plain", lambda: None)
    leave(sys.argv[2], "group", lambda: os.setpgid(0, 0))
    leave(sys.argv[2], "session", os.setsid)
    os.close(told[1])
    os.read(told[0], 1)  # until each of them has written its number
    print("left", flush=True)
else:
    started = []
    try:
        for _ in range(int(sys.argv[2])):
            child = os.fork()
            if child == 0:
                signal.pause()
            started.append(child)
        print("all", flush=True)
    except BlockingIOError:
        print("refused", flush=True)
    finally:
        for child in started:
            os.kill(child, signal.SIGKILL)
