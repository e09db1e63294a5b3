// LinkProcess: the link, as the supervisor has it: forked when it is due, told of the children, replaced when it dies.
// Its children end before that: they belong to one link.
#pragma once

#include <spdlog/logger.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proto/clock.h"
#include "proto/os/waiter.h"
#include "worker/ipc/bell.h"
#include "worker/ipc/control.h"
#include "worker/rules/restart_backoff.h"
#include "worker/supervisor/supervisor_setup.h"

namespace forkmill::worker {

inline constexpr std::uint64_t kLinkTag = 1;

class LinkProcess {
 public:
  // `waiter` returns kLinkTag when the link has sent something. All arguments must outlive this.
  LinkProcess(const Origin& origin, proto::Waiter& waiter, spdlog::logger& log);

  // kNever: not at all.
  void schedule(proto::Instant at) { due_ = at; }
  proto::Instant due() const { return due_; }
  // Forks the link. Returns false if there is no memory, process or descriptor for it; then it is due after a pause.
  bool start(proto::Instant now);
  // Call when the link has died and was reaped: schedules the next one after a pause.
  void handle_death(proto::Instant now);

  // 0: no link runs.
  pid_t pid() const { return pid_; }
  void kill();
  // The children ring this.
  const Bell& bell() const { return *bell_; }

  // The link can be told something, and can say something.
  bool connected() const { return control_ != nullptr; }
  // Dropped while there is no connected link.
  void send(ControlMessage message);
  // Reports a child's death to the link, or to the next one if there is no link now.
  void report_death(ControlMessage message);
  // Returns the next message of the link; empty if there is none now.
  std::optional<ControlMessage> receive();
  void flush();
  bool congested() const { return control_ && control_->congested(); }

 private:
  void disconnect();

  const Origin& origin_;
  proto::Waiter& waiter_;
  spdlog::logger& log_;
  pid_t pid_ = 0;
  std::unique_ptr<Control> control_;
  std::optional<Bell> bell_;
  proto::Instant started_at_{0};
  proto::Instant due_ = proto::kNever;
  RestartBackoff backoff_;
  std::vector<std::int32_t> untold_deaths_;  // pids of children that died while there was no link
};

}  // namespace forkmill::worker
