#include "broker/audit_log.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace forkmill::broker {

using proto::Instant;
using proto::Status;

namespace {

constexpr Instant kTellAgain = std::chrono::minutes{1};

}  // namespace

AuditLog::AuditLog(AuditOptions options, std::shared_ptr<spdlog::logger> log)
    : options_{std::move(options)}, log_{std::move(log)}, file_{{options_.path, options_.max_bytes, options_.files}} {
  if (!is_on()) return;
  if (const auto status = file_.open(); !status.ok()) throw std::runtime_error{"--audit-log: " + status.failure().text};
}

void AuditLog::flush(Instant now) {
  if (pending_.empty()) return;
  const std::string text = std::exchange(pending_, {});
  const auto status = file_.write(text, now);
  if (const std::string warning = file_.take_warning(); !warning.empty()) log_->error("--audit-log: {}", warning);
  if (status.ok()) return;
  lost_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  note_failure(status, now);
}

void AuditLog::note_failure(const Status& status, Instant now) {
  if (told_at_ != Instant{0} && now < told_at_ + kTellAgain) return;
  told_at_ = now;
  log_->error("{}; {} lines of the audit log are lost", status.failure().text, std::exchange(lost_, 0));
}

}  // namespace forkmill::broker
