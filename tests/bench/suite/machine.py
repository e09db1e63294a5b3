"""What a measurement was made on: processors, memory, system, compiler, versions of the peers; and their packages."""
import datetime
import os
import shutil
import subprocess
import sys

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def first_line(*command):
    """Nothing when there is no such program."""
    try:
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                             env={**os.environ, "PATH": PATH})
    except OSError:
        return ""
    return next((line.strip() for line in ran.stdout.splitlines() if line.strip()), "")


def field_of(path, name):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""


def facts(runs, seconds):
    memory = int(field_of("/proc/meminfo", "MemTotal").split()[0])
    versions = [first_line("gearmand", "--version").split(" - ")[0], first_line("nats-server", "--version"),
                first_line("redis-server", "--version").split(" sha")[0], first_line("beanstalkd", "-v"),
                "libzmq " + first_line("pkg-config", "--modversion", "libzmq"),
                first_line("/usr/bin/python3", "--version"),
                "Celery " + first_line("/usr/bin/python3", "-m", "celery", "--version")]
    model = field_of("/proc/cpuinfo", "model name") or os.uname().machine
    return {
        "processors": f"{len(os.sched_getaffinity(0))} × {model}",
        "memory": f"{memory / 1048576:.0f} GiB",
        "system": "Linux " + os.uname().release,
        "compiler": first_line("g++", "--version"),
        "peers": ", ".join(version for version in versions if version),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "runs": runs,
        "seconds": seconds,
    }


def text(known):
    return (f"{known['processors']}, {known['memory']}, {known['system']}, {known['compiler']}, {known['peers']}; "
            f"{known['date']}; medians of {known['runs']} runs of {known['seconds']} s")


def install(packages):
    """Installs the Debian packages whose programs are missing. `packages`: {program or Python module: package}."""
    missing = sorted({package for program, package in packages.items() if not is_there(program)})
    if missing:
        as_root = [] if os.getuid() == 0 else ["sudo"]
        subprocess.run([*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
                        "--no-install-recommends", *missing], stdout=sys.stderr, check=True)


def is_there(program):
    if program.startswith("import "):
        ran = subprocess.run(["/usr/bin/python3", "-c", program], stderr=subprocess.DEVNULL, check=False)
        return ran.returncode == 0
    return shutil.which(program, path=PATH) is not None
