// The fleet of `forkmill map`: every job is a forkmill.exec task.
#pragma once

#include <forkmill/client.h>
#include <forkmill/exec.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "client/cli/commands/loop_executor.h"
#include "client/cli/map/fleet.h"

namespace forkmill::cli {

class ExecFleet final : public Fleet {
 public:
  struct Options {
    SubmitOptions submit{};
    bool shell = true;
    std::string cwd{};  // empty: the worker's
    std::map<std::string, std::string> env{};
    std::uint64_t output_limit = 16ULL * 1024 * 1024;  // of each stream
  };

  // client: made with `executor`. Both outlive this object.
  ExecFleet(Client& client, LoopExecutor& executor, Options options, std::function<std::string()> complaint);

  void run(const Job& job) override;
  void cancel_all() override;
  std::vector<std::pair<std::uint64_t, Outcome>> take() override;
  int fd() const override { return executor_.fd(); }
  std::optional<std::string> complaint() override;

 private:
  void ended(std::uint64_t seq);
  void add(std::uint64_t seq, Outcome outcome) { ended_.emplace_back(seq, std::move(outcome)); }

  LoopExecutor& executor_;
  Submitter submitter_;
  Options options_;
  std::function<std::string()> complaint_;
  std::unordered_map<std::uint64_t, Future<ExecResult>> running_;
  std::vector<std::pair<std::uint64_t, Outcome>> ended_;
  bool cancelling_ = false;
};

// How a command's result, or the error instead of one, reads as the outcome of a job. cancelling: we asked for it.
Outcome outcome_of(ExecResult result);
Outcome outcome_of(const std::exception_ptr& error, bool cancelling);

}  // namespace forkmill::cli
