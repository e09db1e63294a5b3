// A process as a class with its own run(); is_alive(), terminate(), kill(), and the exit codes that follow.
#include <forkmill/local.h>
#include <forkmill/process.h>
#include <forkmill/sync.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;

class Sleeper : public forkmill::Process {
 public:
  void run() override {
    if (stubborn) std::signal(SIGTERM, SIG_IGN);
    up.set();
    for (;;) std::this_thread::sleep_for(1h);
  }

  bool stubborn = false;
  forkmill::Event up;
  MSGPACK_DEFINE(stubborn, up)
};
const forkmill::RegisteredProcess<Sleeper> kSleeperHere{"sleeper"};

void say(const forkmill::Process& process, const char* when) {
  std::cout << process.name() << " " << when << ": " << to_string(process.state())
            << (process.is_alive() ? ", alive" : ", not alive");
  if (const auto code = process.exitcode()) std::cout << ", exit code " << *code;
  std::cout << "\n";
}

void end_politely() {
  Sleeper sleeper;
  sleeper.set_name("sleeper");
  say(sleeper, "before start()");
  check(!sleeper.is_alive() && !sleeper.exitcode(), "the process is not alive before start()");
  sleeper.start();
  sleeper.up.wait();
  say(sleeper, "after start()");
  check(sleeper.is_alive() && !sleeper.exitcode(), "the process is alive until it ends");
  sleeper.terminate();
  sleeper.join();
  say(sleeper, "after terminate()");
  check(!sleeper.is_alive() && sleeper.exitcode() == -SIGTERM, "the exit code says which signal ended it");
}

void end_by_force() {
  Sleeper sleeper;
  sleeper.set_name("stubborn sleeper");
  sleeper.stubborn = true;
  sleeper.start();
  sleeper.up.wait();
  sleeper.terminate();
  check(!sleeper.join(300ms), "the process ignores SIGTERM");
  say(sleeper, "after terminate()");
  sleeper.kill();
  sleeper.join();
  say(sleeper, "after kill()");
  check(sleeper.exitcode() == -SIGKILL, "no process can ignore SIGKILL");
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  end_politely();
  end_by_force();
}
