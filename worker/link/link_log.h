// LinkLog: log lines of the link, on stderr, for operators.
#pragma once

#include <forkmill/worker_options.h>
#include <spdlog/logger.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "proto/session/absence.h"
#include "proto/transport/dealer.h"
#include "worker/ipc/child_messages.h"
#include "worker/ipc/control_records.h"
#include "worker/rules/attempt_table.h"
#include "worker/rules/effects.h"

namespace forkmill::worker {

class LinkLog {
 public:
  // `options` must outlive the log.
  explicit LinkLog(const WorkerOptions& options);

  void connection(const proto::Dealer& dealer, proto::Dealer::LinkEvent event);
  // Warns once in each absence of the broker, when there has been no session for kPatience.
  void session(bool established, proto::Instant now);
  // When session() must be called at the latest.
  proto::Instant next_wakeup() const { return absence_.next_wakeup(); }
  // News of the broker among the effects.
  void broker(const Effects& effects);
  void death(const ControlFacts& facts);
  // Call when the handler of an attempt has closed descriptors of its child. Logged once for each task name.
  void lost_descriptors(const AttemptTable& attempts, pid_t child, std::uint64_t serial);
  // Logs a line that the handler of an attempt has logged.
  void handler(const AttemptTable& attempts, const ChildLog& line);

  spdlog::logger& logger() { return *log_; }

 private:
  static constexpr proto::Instant kPatience = std::chrono::seconds{5};  // as ClientOptions::connect_timeout

  const std::string& endpoint_;
  std::shared_ptr<spdlog::logger> log_;
  proto::Absence absence_;
  std::set<std::string> closers_;  // task names whose handlers close descriptors of their child
};

}  // namespace forkmill::worker
