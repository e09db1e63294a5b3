// Shared by the tests of Process: a cluster for the default client, and readers of /proc.
#pragma once

#include <doctest/doctest.h>
#include <forkmill/process.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/toolkit/process_tasks.h"
#include "tests/e2e/worker/cluster.h"

namespace forkmill::test {

// With a client of its own, which ends before it.
class ProcessCluster : public Cluster {
 public:
  explicit ProcessCluster(std::vector<std::string> worker_flags = {},
                          std::vector<std::string> broker_flags = {"--memory"})
      : Cluster{std::move(broker_flags)},
        worker_{start_worker(std::move(worker_flags))},
        client_{std::make_unique<Client>(endpoint())} {}

  Client& client() { return *client_; }
  test::Process& worker() { return worker_; }

  template <class R, class... P, class... A>
  forkmill::Process process(const Task<R(P...)>& task, A&&... arguments) {
    return forkmill::Process{client(), ProcessOptions{}, task, std::forward<A>(arguments)...};
  }
  // Starts a process that writes its pid and waits for the file "go".
  forkmill::Process held(ProcessOptions options = {}, bool stubborn = false) {
    forkmill::Process process{client(), std::move(options), kHold, path("up"), path("go"), stubborn};
    process.start();
    REQUIRE(eventually([&] { return has("up"); }));
    return process;
  }
  std::vector<pid_t> processes() const { return children_of(worker_.pid(), "forkmill-proc"); }
  std::vector<std::string> lines(const std::string& name) const {
    std::istringstream text{contents(name)};
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }

 private:
  test::Process& worker_;
  std::unique_ptr<Client> client_;
};

// In any state, a zombie included.
inline bool in_proc(pid_t pid) { return std::filesystem::exists("/proc/" + std::to_string(pid)); }

template <class F>
Errc error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

}  // namespace forkmill::test
