// The end of a family of processes: a process joins its children before it ends. Daemons are not joined but end with
// it. A daemon may not have children.
#include <forkmill/local.h>
#include <forkmill/process.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>

#include <iostream>
#include <string>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;
using forkmill::Event;
using forkmill::Process;
using Pids = forkmill::Queue<int>;
using Words = forkmill::Queue<std::string>;

constexpr forkmill::Task<void(Event)> kWait{"wait"};
constexpr forkmill::Task<void(Event, Event, Pids)> kParent{"parent"};
constexpr forkmill::Task<void(Words)> kBreed{"breed"};

const forkmill::Registered kWaitHere{kWait, [](const Event& event) { event.wait(); }};

void parent(const Event& never, const Event& leave, Pids pids) {
  Process daemon{{.name = "daemon", .daemon = true}, kWait, never};
  Process child{{.name = "child", .daemon = false}, kWait, leave};
  for (auto* each : {&daemon, &child}) {
    each->start();
    pids.put(static_cast<int>(*each->pid()));
  }
}  // joins the child, and then ends the daemon
const forkmill::Registered kParentHere{kParent, parent};

void breed(Words words) {
  try {
    Process{kWait, Event{}}.start();
    words.put("a daemon has a child");
  } catch (const forkmill::Error& error) {
    words.put(error.what());
  }
}
const forkmill::Registered kBreedHere{kBreed, breed};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  const Event never;
  Event leave;
  const Pids pids;
  Process family{kParent, never, leave, pids};
  family.start();
  const int daemon = pids.get();
  const int child = pids.get();
  check(!family.join(300ms), "a process does not end before its child");
  std::cout << "the parent has nothing left to do, and waits for its child\n";
  check(in_proc(child) && in_proc(daemon), "child and daemon are there");
  leave.set();
  family.get();
  std::cout << "the child has ended, and so has the parent\n";
  check(ends_soon(child), "the child is gone");
  check(ends_soon(daemon), "the daemon, whose wait has no end, is gone");
  std::cout << "the daemon has ended with its parent\n";

  const Words words;
  Process breeder{{.daemon = true}, kBreed, words};
  breeder.start();
  breeder.get();
  const auto refusal = words.get();
  std::cout << "a daemon that starts a process: " << refusal << "\n";
  check(refusal.find("a daemon may not have children") != refusal.npos, "the start is refused");
}
