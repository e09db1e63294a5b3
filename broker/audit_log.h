// AuditLog: the log of --audit-log, one JSON object a line: what operators have ordered, what was refused, changes of
// keys, sessions that were taken over or ended (deploy/SECURITY.md, Audit log). Lines are written at the end of the
// round in which they were noted, before the answers of that round go out.
//
// The files are those of a RotatingFile. Lines that cannot be written are counted, and the log of the broker says so;
// the broker goes on. Thread of the loop.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/state/audit_line.h"
#include "proto/clock.h"
#include "proto/os/output/rotating_file.h"
#include "proto/status.h"

namespace forkmill::broker {

struct AuditOptions {
  std::string path;  // empty: there is no audit log
  std::uint64_t max_bytes = 64 * 1024 * 1024;
  std::uint64_t files = 10;  // with the one that is written
};

class AuditLog {
 public:
  // Throws std::runtime_error if the file cannot be opened. It is made for its owner only, and not through a link.
  AuditLog(AuditOptions options, std::shared_ptr<spdlog::logger> log);

  bool is_on() const { return !options_.path.empty(); }
  void note(const AuditLine& line) {
    if (is_on()) pending_ += line.text() + "\n";
  }
  void note(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) pending_ += line + "\n";
  }
  // Writes what was noted.
  void flush(proto::Instant now);

 private:
  void note_failure(const proto::Status& status, proto::Instant now);

  const AuditOptions options_;
  const std::shared_ptr<spdlog::logger> log_;
  proto::RotatingFile file_;
  std::string pending_;
  std::uint64_t lost_ = 0;
  proto::Instant told_at_{0};  // that lines were lost
};

}  // namespace forkmill::broker
