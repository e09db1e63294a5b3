#include "worker/link/link_log.h"

#include <algorithm>
#include <array>

#include "proto/os/output/logging.h"
#include "proto/os/real_env.h"
#include "worker/os/log_options.h"

namespace forkmill::worker {

LinkLog::LinkLog(const WorkerOptions& options)
    : endpoint_{options.broker},
      log_{proto::make_logger("link", log_options(options))},
      absence_{kPatience, proto::RealEnv::steady()} {}

void LinkLog::connection(const proto::Dealer& dealer, proto::Dealer::LinkEvent event) {
  switch (event) {
    case proto::Dealer::LinkEvent::up:
      return log_->debug("connected to {}", endpoint_);
    case proto::Dealer::LinkEvent::down:
      return log_->warn("the connection to {} broke; trying again", endpoint_);
    case proto::Dealer::LinkEvent::stuck:
      return log_->warn("{}: {}; trying again", endpoint_, dealer.why_stuck());
  }
}

void LinkLog::session(bool established, proto::Instant now) {
  absence_.update(established, now);
  if (!absence_.pop_warning(now)) return;
  log_->warn(
      "the broker at {} does not answer; still trying. Start forkmill-broker or `forkmill dev`, or give another "
      "--broker",
      endpoint_);
}

void LinkLog::broker(const Effects& effects) {
  for (const auto& welcome : effects.welcomes) {
    log_->info("{} by {} at {}, epoch {}", welcome.resumed ? "welcomed back" : "welcomed", welcome.software, endpoint_,
               welcome.epoch.value());
  }
  for (const auto& text : effects.warnings) log_->warn("{}", text);
  for (const auto& error : effects.errors) {
    if (effects.refused && &error == &effects.errors.back())
      log_->critical("the broker refuses this worker: {}: {}", errc_name(error.code), error.text);
    else
      log_->warn("the broker says: {}: {}", errc_name(error.code), error.text);
  }
  if (!effects.shortage.empty())
    log_->warn("this worker takes no tasks for a while, and has handed back what it could not start: {}",
               effects.shortage);
  if (effects.reconnect) log_->warn("the broker is silent; connecting again");
}

void LinkLog::death(const ControlFacts& facts) {
  if (facts.signal == 0 || facts.at_birth != 0) return;
  const auto level = facts.killed_by_us != 0 ? spdlog::level::info : spdlog::level::warn;
  log_->log(level, "child {} died of signal {}", facts.pid, facts.signal);
}

void LinkLog::lost_descriptors(const AttemptTable& attempts, pid_t child, std::uint64_t serial) {
  const Attempt* attempt = attempts.find(serial);
  if (attempt == nullptr) return;
  const auto level = closers_.insert(attempt->task.spec->name).second ? spdlog::level::warn : spdlog::level::debug;
  log_->log(level,
            "child {} is replaced: the handler of {} ({}) has closed or replaced descriptors that the child needs "
            "(close_range, closefrom, dup2?). A handler may close only what it has opened",
            child, attempt->task.spec->name, attempt->task.id.to_string());
}

void LinkLog::handler(const AttemptTable& attempts, const ChildLog& line) {
  if (line.source != proto::LogSource::lines) return;  // output of a command, which is in the log of its attempt only
  constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  const Attempt* attempt = attempts.find(line.serial);
  if (attempt == nullptr) return;
  log_->log(kLevels[std::min<std::size_t>(line.level, kLevels.size() - 1)], "{} {}: {}", attempt->task.spec->name,
            attempt->task.id.to_string(), line.text);
}

}  // namespace forkmill::worker
