// forkmill-hostile: floods a broker until it is ended by a signal, each flood from a thread of its own. With `burn`, it
// uses processor time instead, as much as a flood did. The first time that a flood gets through to the broker, a line
// on stderr says so: "hellos has reached the broker".
//
//     forkmill-hostile --endpoint tcp://127.0.0.1:7117 hellos slow
//     forkmill-hostile burn --share 0.4
#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/hostile/floods.h"

namespace {

using namespace forkmill;
using namespace forkmill::hostile;

// Uses that share of one processor, in slices that are short beside those of the scheduler's fairness.
[[noreturn]] void burn(double share) {
  constexpr double kSlice = 0.01;  // seconds
  const auto used = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const auto began = std::chrono::steady_clock::now();
  const double first = used();
  for (;;) {
    const double owed =
        share * std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() - (used() - first);
    if (owed <= 0) {
      ::poll(nullptr, 0, static_cast<int>(1000 * kSlice));
      continue;
    }
    for (const double end = used() + std::min(owed, kSlice); used() < end;) continue;
  }
}

[[noreturn]] void flood(const Flood& flood, Target target) {
  bool has_reached = false;
  target.reached = [&] {
    if (!std::exchange(has_reached, true))
      std::fprintf(stderr, "%s has reached the broker\n", std::string{flood.name}.c_str());
  };
  for (;;) {
    try {
      flood.run(target);
    } catch (const std::exception&) {  // no broker listens now
      ::poll(nullptr, 0, 100);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> what;
  Target target;
  std::string key;
  std::string server_public_key;
  std::int64_t pause = 0;
  double share = 1;
  CLI::App app{"Floods a broker until a signal ends it."};
  std::string listed;
  for (const Flood& one : floods()) listed += "\n  " + std::string{one.name} + ": " + std::string{one.what};
  app.add_option("FLOOD", what, "What to do: burn, or any of" + listed)->required();
  app.add_option("--endpoint", target.endpoint, "The broker's endpoint");
  app.add_option("--strangers", target.strangers, "The endpoint for peers without keys (default: the same)");
  app.add_option("--key", key, "File with the secret key of the hostile principal");
  app.add_option("--server-public-key", server_public_key, "The broker's public key, or its file");
  app.add_option("--pause", pause, "Milliseconds after each step of a flood")->check(CLI::Range(0, 10'000));
  app.add_option("--share", share, "burn: the share of one processor to use")->check(CLI::Range(0.0, 64.0));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (what == std::vector<std::string>{"burn"}) burn(share);
  target.pause = std::chrono::milliseconds{pause};
  if (!key.empty()) {
    auto keys = proto::read_curve_keys(target.endpoint, server_public_key, key);
    if (!keys.ok()) {
      std::fprintf(stderr, "forkmill-hostile: %s\n", keys.failure().text.c_str());
      return 2;
    }
    target.keys = std::move(keys).value();
  }
  std::vector<std::thread> threads;
  for (const std::string& name : what) {
    const auto found =
        std::find_if(floods().begin(), floods().end(), [&](const Flood& one) { return one.name == name; });
    if (found == floods().end()) {
      std::fprintf(stderr, "forkmill-hostile: unknown flood '%s'; see --help\n", name.c_str());
      return 2;
    }
    threads.emplace_back([&target, &one = *found] { flood(one, target); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}
