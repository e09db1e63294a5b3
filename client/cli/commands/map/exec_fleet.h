// The fleet of `forkmill map`, which submits each job as a forkmill.exec task.
#pragma once

#include <forkmill/client.h>
#include <forkmill/exec.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "client/cli/map/fleet.h"
#include "client/cli/os/loop_executor.h"

namespace forkmill::cli {

class ExecFleet final : public Fleet {
 public:
  // In place of a shell: a job is a program with its arguments.
  static constexpr const char* kNoShell = "none";

  struct Options {
    SubmitOptions submit{};    // without the time limit, which each job has
    std::string shell{};       // empty: /bin/sh; the name of another shell, or kNoShell
    std::string cwd{};         // empty: the working directory of the worker
    bool cwd_implied = false;  // `cwd` is the folder of this process
    int umask = -1;            // -1: that of the worker
    std::map<std::string, std::string> env{};
    std::uint64_t output_limit = 16ULL * 1024 * 1024;  // bytes of each stream
    std::string worker_command{};                      // starts a worker that would run the jobs
  };

  // `client` must have been made with `executor`, and both must outlive this object.
  ExecFleet(Client& client, LoopExecutor& executor, Options options);

  void run(const Job& job) override;
  void cancel_all() override;
  void cancel_waiting() override;
  std::vector<std::pair<std::uint64_t, Outcome>> drain() override;
  int fd() const override { return executor_.fd(); }
  bool reachable() const override;
  std::optional<std::string> stall_reason() override;
  void list_running(Show show) override;

 private:
  std::vector<std::uint64_t> jobs_among(const std::string& tasks) const;
  void ended(std::uint64_t seq);
  void add(std::uint64_t seq, Outcome outcome) { ended_.emplace_back(seq, std::move(outcome)); }

  Client& client_;
  LoopExecutor& executor_;
  SubmitOptions submit_;
  Options options_;
  std::optional<Future<RawResult>> status_;        // the question of stall_reason()
  std::chrono::steady_clock::time_point asked_{};  // time of that question
  std::unordered_map<std::uint64_t, Future<ExecResult>> running_;
  std::vector<std::pair<std::uint64_t, Outcome>> ended_;
  bool cancelling_ = false;
};

// Converts the result of a command to the outcome of a job.
Outcome outcome_of(ExecResult result);
// Converts the error of a forkmill.exec task. `cancelling` tells whether this run has cancelled its tasks.
Outcome outcome_of(const std::exception_ptr& error, bool cancelling);

}  // namespace forkmill::cli
