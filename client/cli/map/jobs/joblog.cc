#include "client/cli/map/jobs/joblog.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "client/cli/errors/command_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kFields = 9;

std::string fixed(const char* format, double value) {
  std::array<char, 64> text{};
  const auto length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1)};
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// Splits a line at tabs. The last field, the command, may contain tabs. False: there are too few fields.
bool split(std::string_view line, std::array<std::string_view, kFields>& fields) {
  for (std::size_t i = 0; i + 1 < kFields; ++i) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) return false;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  fields[kFields - 1] = line;
  return true;
}

}  // namespace

std::string JobLogEntry::line() const {
  std::string text = std::to_string(seq) + '\t' + host + '\t' + fixed("%.3f", started_at) + '\t' +
                     fixed("%10.3f", run_seconds) + '\t' + std::to_string(sent) + '\t' + std::to_string(received) +
                     '\t' + std::to_string(exit_code) + '\t' + std::to_string(signal) + '\t' + command;
  std::replace(text.begin(), text.end(), '\n', '\0');
  return text + '\n';
}

std::optional<JobLogEntry> JobLogEntry::parse(std::string_view line) {
  std::array<std::string_view, kFields> fields;
  JobLogEntry entry;
  if (!split(line, fields) || !read(fields[0], entry.seq) || !read(fields[2], entry.started_at) ||
      !read(fields[3], entry.run_seconds) || !read(fields[4], entry.sent) || !read(fields[5], entry.received) ||
      !read(fields[6], entry.exit_code) || !read(fields[7], entry.signal)) {
    return std::nullopt;
  }
  entry.host = fields[1];
  entry.command = fields[8];
  std::replace(entry.command.begin(), entry.command.end(), '\0', '\n');
  return entry;
}

JobLogEntry joblog_entry(const Ended& ended) {
  const auto& outcome = ended.outcome;
  return {.seq = ended.job.seq,
          .host = outcome.host.empty() ? "-" : outcome.host,
          .started_at = outcome.started_at,
          .run_seconds = outcome.run_seconds,
          .sent = ended.job.input.size(),
          .received = outcome.out.size() + outcome.err.size(),
          .exit_code = outcome.exit_code,
          .signal = outcome.signal,
          .command = ended.job.command};
}

JobLog::JobLog(const std::string& path, Mode mode) : path_{path} {
  if (path == "-") {
    path_ = "standard output";
    file_ = proto::Descriptor{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    if (!file_.valid()) throw UsageError{std::string{"--joblog: there is no standard output: "} + std::strerror(errno)};
    append(kJobLogHeader);
    return;
  }
  const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (mode == Mode::replace ? O_TRUNC : 0);
  file_ = proto::Descriptor{::open(path.c_str(), flags, 0666)};
  if (!file_.valid()) throw UsageError{"--joblog: cannot open " + path + ": " + std::strerror(errno)};
  if (mode != Mode::replace) cut_incomplete_line();
  if (mode != Mode::add && ::lseek(file_.get(), 0, SEEK_END) == 0) append(kJobLogHeader);
}

void JobLog::cut_incomplete_line() {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  auto end = info.st_size;
  for (char last = 0; end > 0 && ::pread(file_.get(), &last, 1, end - 1) == 1 && last != '\n';) --end;
  if (end != info.st_size && ::ftruncate(file_.get(), end) != 0) {
    throw UsageError{"--joblog: cannot cut off the incomplete last line of " + path_ + ": " + std::strerror(errno)};
  }
}

void JobLog::append(std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(file_.get(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw CommandError{ExitCode::failed, "cannot write to " + path_ + ": " + std::strerror(errno)};
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void JobLog::write(const JobLogEntry& entry) { append(entry.line()); }

}  // namespace forkmill::cli
