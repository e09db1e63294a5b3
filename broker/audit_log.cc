#include "broker/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace forkmill::broker {

using proto::Instant;
using proto::Status;

namespace {

constexpr Instant kLookAtPath = std::chrono::seconds{1};
constexpr Instant kTellAgain = std::chrono::minutes{1};

Status failed(const std::string& what) {
  return {Errc::option_out_of_range, "cannot " + what + ": " + std::strerror(errno)};
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_ino == b.st_ino && a.st_dev == b.st_dev; }

}  // namespace

AuditLog::AuditLog(AuditOptions options, std::shared_ptr<spdlog::logger> log)
    : options_{std::move(options)}, log_{std::move(log)} {
  if (!is_on()) return;
  if (const auto status = open(); !status.ok()) throw std::runtime_error{"--audit-log: " + status.failure().text};
}

Status AuditLog::open() {
  file_ = proto::Descriptor{
      ::open(options_.path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
  struct stat found {};
  if (!file_ || ::fstat(file_.get(), &found) != 0) return failed("open " + options_.path);
  if (!S_ISREG(found.st_mode)) {
    file_.reset();
    return {Errc::option_out_of_range, options_.path + " is not a regular file"};
  }
  size_ = static_cast<std::uint64_t>(found.st_size);
  char last = '\n';
  is_torn_ = size_ > 0 && ::pread(file_.get(), &last, 1, found.st_size - 1) == 1 && last != '\n';
  return {};
}

Status AuditLog::follow_path(Instant now) {
  if (file_ && now - looked_at_ < kLookAtPath) return {};
  looked_at_ = now;
  struct stat named {};
  struct stat opened {};
  const bool is_there = file_ && ::lstat(options_.path.c_str(), &named) == 0 && ::fstat(file_.get(), &opened) == 0 &&
                        is_same_file(named, opened);
  return is_there ? Status{} : open();
}

Status AuditLog::rotate() {
  const auto name = [this](std::uint64_t number) {
    return number == 0 ? options_.path : options_.path + "." + std::to_string(number);
  };
  for (std::uint64_t to = options_.files - 1; to > 0; --to) {
    if (std::rename(name(to - 1).c_str(), name(to).c_str()) != 0 && errno != ENOENT)
      return failed("rename " + name(to - 1));
  }
  if (options_.files == 1 && ::unlink(options_.path.c_str()) != 0 && errno != ENOENT)
    return failed("remove " + options_.path);
  return open();
}

Status AuditLog::write(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write " + options_.path);
    size_ += static_cast<std::uint64_t>(written);
    is_torn_ = text[static_cast<std::size_t>(written) - 1] != '\n';
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void AuditLog::flush(Instant now) {
  if (pending_.empty()) return;
  const std::string text = std::exchange(pending_, {});
  auto status = follow_path(now);
  if (status.ok() && size_ > 0 && size_ + text.size() > options_.max_bytes) status = rotate();
  if (status.ok() && is_torn_) status = write("\n");
  if (status.ok()) status = write(text);
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
