// No zombies: a process that has ended is reaped, and before join() returns if it is joined. No orphans: children that
// a process has forked by itself end with it, also when it is killed. /proc shows both.
#include <forkmill/local.h>
#include <forkmill/process.h>
#include <forkmill/queue.h>
#include <unistd.h>

#include <iostream>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using forkmill::Process;
using Pids = forkmill::Queue<int>;

constexpr forkmill::Task<void()> kNothing{"nothing"};
constexpr forkmill::Task<void(Pids)> kBreed{"breed"};

const forkmill::Registered kNothingHere{kNothing, [] {}};

// Forks a child and a grandchild that know nothing of forkmill and never end by themselves.
void breed(Pids pids) {
  int ends[2];
  if (::pipe(ends) != 0) return;
  if (::fork() == 0) {
    if (::fork() < 0) ::_exit(1);
    const pid_t self = ::getpid();
    if (::write(ends[1], &self, sizeof self) != sizeof self) ::_exit(1);
    for (;;) ::pause();
  }
  for (int i = 0; i < 2; ++i) {
    pid_t pid = 0;
    if (::read(ends[0], &pid, sizeof pid) == sizeof pid) pids.put(pid);
  }
  for (;;) ::pause();
}
const forkmill::Registered kBreedHere{kBreed, breed};

void no_zombies() {
  for (int i = 0; i < 5; ++i) {
    Process process{kNothing};
    process.start();
    process.join();
    check(!in_proc(static_cast<pid_t>(*process.pid())), "a process that was joined is no zombie");
  }
  std::vector<Process> forgotten;
  for (int i = 0; i < 5; ++i) forgotten.emplace_back(kNothing).start();
  for (const auto& process : forgotten)
    check(ends_soon(static_cast<pid_t>(*process.pid())), "a process that was not joined is no zombie");
  std::cout << "10 processes have ended, and none is left in /proc\n";
}

void no_orphans(void (Process::*end)(), const char* how) {
  const Pids pids;
  Process process{kBreed, pids};
  process.start();
  const std::vector<pid_t> family{pids.get(), pids.get(), static_cast<pid_t>(*process.pid())};
  for (const auto pid : family) check(in_proc(pid), "the family is there");
  (process.*end)();
  process.join();
  for (const auto pid : family) check(ends_soon(pid), "the whole family ends");
  std::cout << how << ": a process with its child and grandchild is gone (exit code " << *process.exitcode() << ")\n";
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  no_zombies();
  no_orphans(&Process::terminate, "terminated");
  no_orphans(&Process::kill, "killed");
}
