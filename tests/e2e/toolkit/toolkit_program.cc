// A worker with the handlers of process_tasks.h; as `toolkit-program parent …` a program that starts processes.
#include <forkmill/sync.h>
#include <forkmill/worker.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/e2e/toolkit/process_tasks.h"
#include "tests/files.h"

namespace {

using forkmill::tests::create;
using forkmill::tests::wait_for;

void hold(const std::string& up, const std::string& go, bool stubborn) {
  if (stubborn) ::signal(SIGTERM, SIG_IGN);
  create(up, std::to_string(::getpid()) + "\n");
  wait_for(go);
}

void hold_lock(const std::string& name, const std::string& file) {
  forkmill::Lock lock{name};
  lock.acquire();
  create(file, std::to_string(lock.token()));
  for (;;) ::pause();
}

void acquire_unit(const std::string& name, const std::string& file, bool stays) {
  forkmill::Semaphore{name, 2}.acquire();
  if (!stays) return;
  create(file, "acquired");
  for (;;) ::pause();
}

void who(const std::string& file) {
  const auto self = forkmill::current_process();
  create(file, self.name + "\n" + std::to_string(self.pid) + "\n" + std::to_string(self.ppid) + "\n" +
                   (self.daemon ? "daemon" : "no daemon") + "\n" + self.host + "\n");
}

void breed(const std::string& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t grandchild = ::fork();
    if (grandchild != 0) create(file, std::to_string(::getpid()) + "\n" + std::to_string(grandchild) + "\n");
    for (;;) ::pause();
  }
  for (;;) ::pause();
}

void be_parent(const std::string& up, const std::string& go, const std::string& leave, bool daemon) {
  forkmill::Process child{{.name = "inner", .daemon = daemon}, kHold, up, go, false};
  child.start();
  if (!child.pid()) throw std::runtime_error{"the inner process was not born: " + child.error_text()};
  if (!leave.empty()) wait_for(leave);
}

void nested(const std::string& file) {
  forkmill::Process child{kNothing};
  std::string text = child.daemon() ? "daemon" : "no daemon";
  try {
    child.start();
    child.join();
    text += "\nended " + std::to_string(*child.exitcode());
  } catch (const forkmill::Error& error) {
    text += "\n" + std::string{error.what()};
  }
  create(file, text);
}

void greet(const forkmill::Connection<std::string>& end, const std::string& go) {
  auto mine = end;
  mine.send("hello");
  wait_for(go);
}

forkmill::Connection<std::string> make_pipe() {
  auto [kept, given] = forkmill::pipe<std::string>();
  kept.send("made here");
  return given;
}

void use_lock_of_value(const forkmill::Value<int>& value) {
  auto lock = value.get_lock();
  const std::lock_guard hold{lock};
}

// parent daemon|other UP GO LEAVE
int be_program(char** words) {
  be_parent(words[1], words[2], words[3], std::string{words[0]} == "daemon");
  return 0;
}

}  // namespace

void Adder::run() { create(file, name() + " " + std::to_string(left + right)); }

void Stateless::run() { std::exit(5); }

int main(int argc, char** argv) {
  if (argc == 6 && std::string{argv[1]} == "parent") return be_program(argv + 2);
  forkmill::register_process<Adder>("p.adder");
  forkmill::register_process<Stateless>("p.stateless");
  forkmill::Worker worker{argc, argv};
  worker.on(kNothing, [] {});
  worker.on(kThrow, [](const std::string& text) { throw std::out_of_range{text}; });
  worker.on(kExit, [](int code) { std::exit(code); });
  worker.on(kRaise, [](int signal) { ::raise(signal); });
  worker.on(kHold, hold);
  worker.on(kHoldLock, hold_lock);
  worker.on(kAcquireUnit, acquire_unit);
  worker.on(kWho, who);
  worker.on(kBreed, breed);
  worker.on(kParent, be_parent);
  worker.on(kNested, nested);
  worker.on(kGreet, greet);
  worker.on(kCrashWithEnd, [](const forkmill::Connection<std::string>&, int signal) { ::raise(signal); });
  worker.on(kMakePipe, make_pipe);
  worker.on(kUseLockOfValue, use_lock_of_value);
  return worker.run();
}
