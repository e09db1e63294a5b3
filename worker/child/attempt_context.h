// AttemptContext: the Context of a handler in a child.
#pragma once

#include <forkmill/context.h>

#include <atomic>
#include <map>
#include <string>

#include "worker/child/output_watch.h"
#include "worker/child/stop_watcher.h"
#include "worker/ipc/child_end.h"
#include "worker/tasks/output_log.h"

namespace forkmill::worker {

class AttemptContext final : public Context, public OutputLog {
 public:
  AttemptContext(ChildEnd& end, StopWatcher& stop_watcher, const OutputWatch& output, const StartedTask& task);
  ~AttemptContext() override;

  using Context::log;
  void progress(double fraction, std::string_view note) override;
  std::stop_token stop_token() const override;
  std::uint32_t attempt() const override { return head_.attempt; }
  FencingToken fencing_token() const override { return {head_.epoch, head_.seq, head_.attempt}; }
  TaskId task_id() const override { return id_; }
  const std::string& queue() const override { return queue_; }
  const std::map<std::string, std::string>& headers() const override { return headers_; }
  void log(LogLevel level, std::string_view text) override;
  std::uint64_t random_seed() override;
  void printed(proto::LogSource source, std::uint64_t missing, std::string_view text) override;

 private:
  ChildEnd& end_;
  StopWatcher& stop_watcher_;
  const OutputWatch& output_;
  TaskHead head_;
  TaskId id_;
  std::string queue_;
  std::map<std::string, std::string> headers_;
};

}  // namespace forkmill::worker
