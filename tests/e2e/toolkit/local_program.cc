// Programs of the tests of local://: `local-program WHAT … DIRECTORY`.
#include <forkmill/default_client.h>
#include <forkmill/local.h>
#include <forkmill/pipe.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/files.h"
#include "tests/processes.h"

namespace {

using namespace std::chrono_literals;
using forkmill::Registered;
using forkmill::tests::create;

constexpr forkmill::Task<int(std::string)> kAwait{"local.await"};  // waits for the file
constexpr forkmill::Task<int(int)> kDouble{"local.double"};
constexpr forkmill::Task<int(std::string)> kOtherDouble{"local.double"};
constexpr forkmill::Task<int(int)> kNobody{"local.nobody"};      // not registered
constexpr forkmill::Task<void(int, int)> kPrint{"local.print"};  // number of the first line, and of all
constexpr forkmill::Task<void(int, std::string)> kPrintAndStay{"local.print_and_stay"};  // makes the file afterwards
constexpr forkmill::Task<void(std::string)> kCreate{"local.create"};
constexpr forkmill::Task<void()> kThrow{"local.throw"};

const Registered kFunctions[] = {
    {kAwait, [](const std::string& path) { return forkmill::tests::wait_for(path) ? 1 : 0; }},
    {kDouble, [](int n) { return 2 * n; }},
    {kPrint,
     [](int first, int count) {
       for (int i = 0; i < count; ++i) std::cout << "line " << first + i << "\n";
       std::cout.flush();
     }},
    {kPrintAndStay,
     [](int number, const std::string& path) {
       std::cout << "line " << number << std::endl;
       create(path);
       for (;;) ::pause();
     }},
    {kCreate, [](const std::string& path) { create(path); }},
    {kThrow, [] { throw std::out_of_range{"no such luck"}; }},
};

using Words = std::vector<std::string>;

std::string ending;  // file that leave_early() makes

pid_t child_of(pid_t parent, const std::string& name) {
  const auto found = forkmill::tests::children_of(parent, name);
  if (found.size() != 1) throw std::runtime_error{"no " + name};
  return found.front();
}

// ---- waits WHOM: kills a process of local:// while threads wait for all kinds of things -----------------------------

class Waits {
 public:
  // Runs `wait` on a thread of its own, and notes how it ended.
  void add(const std::string& name, std::function<void()> wait) {
    ++count_;
    threads_.emplace_back([this, name, wait = std::move(wait)] {
      std::string end = "ended";
      try {
        wait();
      } catch (const forkmill::Error& error) {
        end = "error";
      }
      const std::lock_guard hold{mutex_};
      std::cout << name << ": " << end << std::endl;
    });
  }
  void join() { threads_.clear(); }
  int count() const { return count_; }

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
  int count_ = 0;
};

int lose(const Words& words) {
  const std::string never = words.back() + "/never";
  forkmill::Client client{"local://"};
  forkmill::Pool pool{{.processes = 1}};
  pool.apply(kDouble, 1);
  const pid_t zygote = child_of(::getpid(), "forkmill-zygote");
  forkmill::Process process{kAwait, never};
  process.start();
  process.pid();
  forkmill::Process queued{{.queue = "nobody"}, kAwait, never};
  queued.start();
  forkmill::Lock lock;
  lock.acquire();
  forkmill::Event event;
  forkmill::Queue<int> queue;
  forkmill::Condition condition;
  forkmill::Barrier barrier{2};
  auto [near, far] = forkmill::pipe<int>();
  auto results = pool.imap(kAwait, std::vector<std::string>{never});
  Waits waits;
  waits.add("task", [&] { client.submit(kAwait, never).get(); });
  waits.add("scheduled task", [&] { client.with({.delay = 1h}).submit(kDouble, 1).get(); });
  waits.add("apply", [&] { pool.apply(kAwait, never); });
  waits.add("map", [&] { pool.map(kAwait, std::vector<std::string>(3, never)); });
  waits.add("imap", [&] { results.next(); });
  waits.add("process", [&] { process.get(); });
  waits.add("queued process", [&] { queued.get(); });
  waits.add("pid", [&] {
    if (!queued.pid()) throw forkmill::Error{forkmill::Errc::cancelled, ""};
  });
  waits.add("lock", [&] { lock.acquire(); });
  waits.add("event", [&] { event.wait(); });
  waits.add("queue", [&] { queue.get(); });
  waits.add("condition", [&] {
    const auto hold = condition.guard();
    condition.wait();
  });
  waits.add("barrier", [&] { barrier.wait(); });
  waits.add("pipe", [&, &far = far] { far.recv(); });
  std::this_thread::sleep_for(500ms);  // until the broker has acknowledged each, which nothing announces
  ::kill(words[1] == "zygote" ? zygote : child_of(zygote, "forkmill-" + words[1]), SIGKILL);
  waits.join();
  std::cout << "all " << waits.count() << " ended\n";
  try {
    forkmill::Client{"local://"}.submit(kDouble, 2).get();
    std::cout << "works\n";
  } catch (const forkmill::Disconnected& error) {
    std::cout << error.what() << "\n";
  }
  return 0;
}

// ---- Others ---------------------------------------------------------------------------------------------------------

// Calls functions that are not registered, in all ways.
int call_unknown(const Words&) {
  forkmill::Client client{"local://"};
  const auto complain = [](const char* how, auto&& call) {
    try {
      call();
    } catch (const forkmill::Error& error) {
      std::cout << how << ": " << forkmill::errc_name(error.code()) << std::endl;
    }
  };
  complain("submit", [&] { client.submit(kNobody, 1).get(); });
  complain("delayed", [&] { client.with({.delay = 10ms}).submit(kNobody, 1).get(); });
  complain("signature", [&] { client.submit(kOtherDouble, "1").get(); });
  complain("process", [&] {
    forkmill::Process process{kNobody, 1};
    process.start();
    process.get();
  });
  complain("apply", [&] { forkmill::Pool{{.processes = 1}}.apply(kNobody, 1); });
  return 0;
}

// Prints lines from processes, and ends at once.
int print(const Words& words) {
  const int processes = std::stoi(words[1]);
  forkmill::Pool pool{{.processes = 2}};
  std::vector<forkmill::Process> all;
  for (int i = 0; i < processes; ++i) {
    all.emplace_back(kPrint, i, 1);
    all.back().start();
  }
  for (auto& process : all) process.join();
  pool.apply(kPrint, 1000, 1);
  forkmill::default_client().submit(kPrint, 1001, 1).get();
  forkmill::Process daemon{{.daemon = true}, kPrintAndStay, 1002, words.back() + "/up"};
  daemon.start();
  forkmill::tests::wait_for(words.back() + "/up");
  if (words[2] == "killed") ::kill(::getpid(), SIGKILL);
  std::exit(0);  // without the destructor of the pool
}

// Submits, and ends without waiting. The client is closed by then, or was never connected.
int leave(const Words& words) {
  forkmill::Client client{"local://"};
  client.submit(kCreate, words.back() + "/a");
  client.with({.delay = 200ms}).submit(kCreate, words.back() + "/b");
  forkmill::default_client().submit(kCreate, words.back() + "/c");
  return 0;
}

// The same as the program ends before its worker is there (main() holds that up), without the end of a client.
int leave_early(const Words& words) {
  std::atexit([] { create(ending); });  // before the function of local_main()
  auto* client = new forkmill::Client{"local://"};
  client->submit(kCreate, words.back() + "/a");
  client->with({.delay = 200ms}).submit(kCreate, words.back() + "/b");
  forkmill::default_client().submit(kCreate, words.back() + "/c");
  std::exit(4);
}

// A process that throws and whose starter does not ask why it ended.
int fail(const Words&) {
  forkmill::Process process{{.name = "unlucky"}, kThrow};
  process.start();
  process.join();
  return 0;
}

// Prints more than pipes hold, for a slow reader.
int print_much(const Words&) {
  forkmill::Process process{kPrint, 0, 40'000};
  process.start();
  process.join();
  return 0;
}

const std::map<std::string, int (*)(const Words&)> kPrograms{
    {"lose", lose},   {"unknown", call_unknown}, {"print", print}, {"print-much", print_much},
    {"leave", leave}, {"drop", leave},           {"fail", fail},   {"leave-early", leave_early},
};

}  // namespace

int main(int argc, char** argv) {
  const Words words{argv + 1, argv + argc};
  const bool drops = !words.empty() && words[0] == "drop";
  ending = words.back() + "/ending";
  const bool is_early = !words.empty() && words[0] == "leave-early";
  const auto hold_up = [is_early](forkmill::Worker&) {
    if (is_early) forkmill::tests::wait_for(ending);
  };
  forkmill::local_main(argc, argv, hold_up, {.at_exit = drops ? forkmill::AtExit::drop : forkmill::AtExit::wait});
  try {
    return kPrograms.at(words.at(0))(words);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 9;
  }
}
