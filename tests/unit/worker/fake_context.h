// A context as a user's own tests would make one.
#pragma once

#include <forkmill/context.h>

#include <string>
#include <vector>

namespace forkmill::worker::test {

class FakeContext : public Context {
 public:
  void progress(double, std::string_view note) override { notes.emplace_back(note); }
  std::stop_token stop_token() const override { return stop.get_token(); }
  std::uint32_t attempt() const override { return 2; }
  FencingToken fencing_token() const override { return {1, 2, 2}; }
  TaskId task_id() const override { return {}; }
  const std::string& queue() const override { return queue_name; }
  void log(LogLevel, std::string_view text) override { notes.emplace_back(text); }
  std::uint64_t random_seed() override { return 4; }

  std::stop_source stop;
  std::string queue_name = "default";
  std::vector<std::string> notes;
};

}  // namespace forkmill::worker::test
