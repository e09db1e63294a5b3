// The tests of Pool and local://, and the programs that they start: with --broker
// it is a worker with the tasks of pool_tasks.h; `local END DIRECTORY` uses local:// and ends as it is told.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <forkmill/local.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/files.h"

namespace {

using namespace std::chrono_literals;
using forkmill::Connection;
using forkmill::Dict;
using forkmill::Registered;
using forkmill::tests::create;

int started = 0;

int await(const std::string& path) {
  forkmill::tests::wait_for(path);
  return static_cast<int>(::getpid());
}
int meet(const std::string& here, const std::string& there) {
  create(here);
  return await(there);
}
void note(const std::string& path) { std::ofstream{path, std::ios::app} << std::to_string(::getpid()) + "\n"; }
int mark(const std::string& path, int n) {
  std::ofstream{path, std::ios::app} << std::to_string(n) + "\n" << std::flush;
  if (n == -1) throw std::runtime_error{"meant to"};
  if (n == -2) ::raise(SIGKILL);
  return n;
}
int die_once(const std::string& path) {
  if (path.empty() || std::ifstream{path}) return 1;
  create(path);
  return ::raise(SIGKILL);
}
int positive(int n) {
  if (n < 0) throw std::out_of_range{"below zero: " + std::to_string(n)};
  return n;
}

const Registered kFunctions[] = {
    {kAdd, [](int a, int b) { return a + b; }},
    {kSquare, [](int n) { return n * n; }},
    {kPid, [](int) { return static_cast<int>(::getpid()); }},
    {kPositive, positive},
    {kTotal, positive, [](int& sum, int more) { sum += more; }},
    {kSquares, [](int n) { return std::vector{n * n}; },
     [](std::vector<int>& all, const std::vector<int>& more) { all.insert(all.end(), more.begin(), more.end()); }},
    {kLeave, [](int code) { return code == 0 ? 0 : (std::exit(code), 0); }},
    {kRaise, [](int signal) { return ::raise(signal); }},
    {kMeet, meet},
    {kAwait, await},
    {kAfter,
     [](const std::pair<std::string, int>& what) { return await(what.first) != 0 ? positive(what.second) : 0; }},
    {kPassEnd, [](Connection<std::string> end) { return end; }},
    {kPassPair,
     [](Connection<std::string> end) {
       return std::pair{1, std::move(end)};
     }},
    {kRebel, [] { return Rebellious{}; }},
    {kLarge, [](std::int64_t size) { return std::string(static_cast<std::size_t>(size), 'x'); }},
    {kNote, note},
    {kMark, mark},
    {kMarkPair, [](const std::pair<std::string, int>& what) { return mark(what.first, what.second); }},
    {kDieOnce, die_once},
    {kSend, [](forkmill::Connection<std::string> end, const std::string& text) { end.send(text); }},
    {kStart,
     [](const std::string& path, int what) {
       note(path);
       started = what;
     }},
    {kStarted, [](int) { return started; }},
    {kCount, [](Dict<std::string, int> sums, int n) { sums.add("sum", n, 0); }},
    {kKeepLock,
     [](const std::string& name) {
       static forkmill::Lock lock{name};
       lock.acquire();
     }},
    {kStartSlowly,
     [](const std::string& folder) {
       const std::string pid = std::to_string(::getpid());
       create(folder + "begun " + pid);
       await(folder + "go on");
       create(folder + "done " + pid);
     }},
    {kNeverStart,
     [] {
       for (;;) ::pause();
     }},
    {kUseObjects,
     [](forkmill::Queue<int> queue, std::vector<forkmill::Lock> locks) {
       for (auto& lock : locks) std::lock_guard{lock};
       queue.put(1);
       queue.get();
     }},
    {kStay,
     [] {
       for (;;) ::pause();
     }},
    {kStartProcess,
     [](bool daemon) {
       forkmill::ProcessOptions options;
       if (!daemon) options.daemon = false;
       forkmill::Process process{std::move(options), kStay};
       process.start();
       return std::pair{static_cast<int>(::getpid()), static_cast<int>(process.pid().value_or(0))};
     }},
    {kSquareInPool, [](int n) { return forkmill::Pool{{.processes = 1}}.apply(kSquare, n); }},
    {kParentPid, [] { return static_cast<int>(forkmill::parent_process()->pid); }},
    {kFailToStart, [] { throw std::invalid_argument{"no such database"}; }},
    {kDieAtStart, [] { ::raise(SIGKILL); }},
};

int use_local(const std::string& end, const std::string& directory) {
  if (end == "unused") return 0;
  forkmill::Pool pool{{.processes = 2}};
  pool.apply(kSquare, 3);
  forkmill::Process daemon{{.daemon = true}, kMeet, directory + "/up", directory + "/never"};
  daemon.start();
  await(directory + "/up");
  const auto pending = pool.apply_async(kAwait, directory + "/never");
  if (::waitpid(-1, nullptr, WNOHANG) != -1) return 9;  // nothing of it is a child of the program
  if (end == "exception") throw std::runtime_error{"meant to"};
  create(directory + "/ready");
  if (end == "exit") std::exit(3);
  if (end == "return") return 0;
  for (;;) ::pause();  // killed
}

int without_local_main() {
  try {
    forkmill::Pool pool{{.processes = 1}};
  } catch (const forkmill::Error& error) {
    std::cout << error.what() << "\n";
    return 7;
  }
  return 0;
}

int with_threads(int argc, char** argv) {
  std::jthread other{[](const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable_any{}.wait(lock, stop, [] { return false; });
  }};
  try {
    forkmill::local_main(argc, argv);
  } catch (const forkmill::Error& error) {
    std::cout << error.what() << "\n";
    return 7;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--broker") return forkmill::Worker{argc, argv}.run();
  if (first == "bare") return without_local_main();
  if (first == "threads") return with_threads(argc, argv);
  forkmill::local_main(argc, argv, [](forkmill::Worker& worker) {
    worker.on(kWithContext, [](const forkmill::Context& context) { return static_cast<int>(context.attempt()); });
  });
  if (first == "local" && argc == 4) return use_local(argv[2], argv[3]);
  return doctest::Context{argc, argv}.run();
}
