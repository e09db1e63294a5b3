#!/usr/bin/env python3
"""Times whole commands: the start of a system until its first result, and many jobs that run `true`."""
import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time


def timed(words, expected=None, **more):
    """Runs a command and returns its seconds. Raises RuntimeError if it fails or prints something else."""
    start = time.monotonic()
    ran = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, **more)
    took = time.monotonic() - start
    if ran.returncode != 0 or (expected is not None and ran.stdout != expected):
        raise RuntimeError(f"{' '.join(words)}: exit status {ran.returncode}, printed {ran.stdout[:200]!r}")
    return took


def report(key, value):
    print(f"{key}\t{value:.6g}", flush=True)


def startup(forkmill, repeats):
    pool = ("import multiprocessing\n"
            "with multiprocessing.Pool(2) as pool: print(pool.apply(abs, (-7,)))")
    ways = {
        "forkmill-dev": ([forkmill, "dev", "--", forkmill, "run", "echo", "7"], "7\n"),
        "forkmill-dev-memory": ([forkmill, "dev", "--memory", "--", forkmill, "run", "echo", "7"], "7\n"),
        "multiprocessing": (["/usr/bin/python3", "-c", pool], "7\n"),
    }
    for name, (words, expected) in ways.items():
        report(f"{name}.startup_ms", 1000 * statistics.median(timed(words, expected) for _ in range(repeats)))


def spawn(count):
    """Starts /bin/true `count` times, and waits for each."""
    for _ in range(count):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], os.environ), 0)


def spawn_in_two(count):
    """The floor of all that run a process for each job: two processes that do nothing else. Returns the seconds."""
    processes = [multiprocessing.Process(target=spawn, args=(count // 2,)) for _ in range(2)]
    start = time.monotonic()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    took = time.monotonic() - start
    if any(process.exitcode != 0 for process in processes):
        raise RuntimeError("posix_spawn of /bin/true failed")
    return took


def jobs(forkmill, count):
    """The output is checked by a run of `echo` over a part of the numbers."""
    everything = "".join(f"{number}\n" for number in range(count))
    few = max(1, count // 10)
    part = "".join(f"{number}\n" for number in range(few))
    dev = [forkmill, "dev", "--memory", "--processes", "2", "--"]
    timed([*dev, forkmill, "map", "-k", "echo"], part, input=part)
    report("forkmill-map.jobs_per_s", count / timed([*dev, forkmill, "map", "true"], "", input=everything))
    report("forkmill-map-program.jobs_per_s",
           count / timed([*dev, forkmill, "map", "/bin/true"], "", input=everything))
    report("xargs.jobs_per_s", count / timed(["xargs", "-P2", "-n1", "true"], "", input=everything))
    report("posix-spawn.jobs_per_s", count / spawn_in_two(count))
    report("parallel.jobs_per_s", few / timed(["parallel", "-j2", "true"], "", input=part))


def main():
    parser = argparse.ArgumentParser(prog="commands.py", description=__doc__)
    parser.add_argument("what", choices=["startup", "jobs"])
    parser.add_argument("--build", required=True, help="build folder")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    forkmill = os.path.join(options.build, "bin/forkmill")
    if options.what == "startup":
        startup(forkmill, options.repeats)
    else:
        jobs(forkmill, options.jobs)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError) as error:
        print(f"commands.py: {error}", file=sys.stderr)
        sys.exit(1)
