#include "client/cli/map/jobs/results_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/jobs/joblog.h"
#include "client/cli/os/write_all.h"

namespace forkmill::cli {

namespace {

constexpr std::array<const char*, 9> kLogFields{"Seq",     "Host",    "Starttime", "JobRuntime", "Send",
                                                "Receive", "Exitval", "Signal",    "Command"};

std::string seconds_text(double seconds) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f", seconds);
  return text.data();
}

std::vector<std::string> cells_of(const JobLogEntry& entry) {
  return {std::to_string(entry.seq),
          entry.host,
          seconds_text(entry.started_at),
          seconds_text(entry.run_seconds),
          std::to_string(entry.sent),
          std::to_string(entry.received),
          std::to_string(entry.exit_code),
          std::to_string(entry.signal),
          entry.command};
}

bool needs_quotes(std::string_view cell) {
  for (const char c : cell) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == ',' || c == '\x7f') return true;
  }
  return false;
}

std::string quoted_cell(const std::string& cell) {
  if (!needs_quotes(cell)) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::optional<ResultsTable::Format> ResultsTable::format_of(std::string_view path) {
  const auto ends_with = [&](std::string_view ending) {
    return path.size() >= ending.size() &&
           std::equal(ending.rbegin(), ending.rend(), path.rbegin(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); });
  };
  if (ends_with(".csv")) return Format::csv;
  if (ends_with(".tsv")) return Format::tsv;
  if (ends_with(".json")) return Format::json;
  return std::nullopt;
}

ResultsTable::ResultsTable(const std::string& path, Format format, std::vector<std::string> names)
    : path_{path}, format_{format}, names_{std::move(names)} {
  if (path.substr(0, path.rfind('.')) == "-") {
    path_ = "standard output";
    return;
  }
  file_ = proto::Descriptor{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (!file_.valid()) throw UsageError{"--results: cannot open " + path + ": " + std::strerror(errno)};
}

std::string ResultsTable::joined(const std::vector<std::string>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i)
    line += (i == 0 ? "" : format_ == Format::csv ? "," : "\t") + quoted_cell(cells[i]);
  return line + "\n";
}

std::string ResultsTable::header(std::size_t arguments) const {
  std::vector<std::string> cells{kLogFields.begin(), kLogFields.end()};
  for (std::size_t i = 0; i < arguments; ++i)
    cells.push_back(i < names_.size() ? names_[i] : "V" + std::to_string(i + 1));
  cells.insert(cells.end(), {"Stdout", "Stderr"});
  return joined(cells);
}

std::string ResultsTable::row(const Ended& ended) const {
  auto cells = cells_of(joblog_entry(ended));
  cells.insert(cells.end(), ended.job.args.begin(), ended.job.args.end());
  cells.insert(cells.end(), {ended.outcome.out, ended.outcome.err});
  return joined(cells);
}

std::string ResultsTable::object(const Ended& ended) const {
  const auto entry = joblog_entry(ended);
  const nlohmann::ordered_json body{{"Seq", entry.seq},
                                    {"Host", entry.host},
                                    {"Starttime", entry.started_at},
                                    {"JobRuntime", entry.run_seconds},
                                    {"Send", entry.sent},
                                    {"Receive", entry.received},
                                    {"Exitval", entry.exit_code},
                                    {"Signal", entry.signal},
                                    {"Command", entry.command},
                                    {"V", ended.job.args},
                                    {"Stdout", ended.outcome.out},
                                    {"Stderr", ended.outcome.err}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void ResultsTable::write(const Ended& ended) {
  std::string text;
  if (format_ != Format::json && !std::exchange(headed_, true)) text = header(ended.job.args.size());
  text += format_ == Format::json ? object(ended) : row(ended);
  (void)write_all(file_.valid() ? file_.get() : STDOUT_FILENO, text, path_.c_str());
}

}  // namespace forkmill::cli
