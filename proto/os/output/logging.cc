#include "proto/os/output/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "proto/os/coarse_clock.h"
#include "proto/os/output/rotating_file.h"
#include "proto/os/output/unblocked_stream.h"
#include "proto/printable.h"

namespace forkmill::proto {

namespace {

// Appends the message as the inside of a JSON string.
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    for (const char c : message.payload) append(c, out);
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<JsonText>(); }

 private:
  static void append(char c, spdlog::memory_buf_t& out) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
};

// LineSink: what sinks have in common that may write to stderr.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  bool pending() {
    const std::lock_guard lock{mutex_};
    return stderr_.pending();
  }

 protected:
  struct Line {
    std::string text;
    std::size_t level_begin = 0;  // where the level stands in it
    std::size_t level_end = 0;
  };
  Line line_of(const spdlog::details::log_msg& message) {
    // Names and texts of peers stand in messages.
    const std::string clean = printable({message.payload.data(), message.payload.size()}, LineBreaks::kept);
    spdlog::details::log_msg shown = message;
    shown.payload = clean;
    spdlog::memory_buf_t line;
    formatter_->format(shown, line);
    return {{line.data(), line.size()}, shown.color_range_start, shown.color_range_end};
  }
  void write_to_stderr(std::string_view text) { stderr_.write(text); }

 private:
  void flush_() override { stderr_.flush(); }

  UnblockedStream stderr_{STDERR_FILENO};
};

// Lines on stderr, in colors if that is a terminal.
class StderrSink final : public LineSink {
 public:
  explicit StderrSink(bool may_color) : colors_{may_color && ::isatty(STDERR_FILENO) == 1} {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    Line line = line_of(message);
    if (colors_ && line.level_end > line.level_begin) {
      line.text.insert(line.level_end, "\033[m");
      line.text.insert(line.level_begin, color_of(message.level));
    }
    write_to_stderr(line.text);
  }

  static std::string_view color_of(spdlog::level::level_enum level) {
    constexpr std::array<std::string_view, 7> kColors{
        "\033[37m", "\033[36m", "\033[32m", "\033[33m\033[1m", "\033[31m\033[1m", "\033[1m\033[41m", "\033[m"};
    return kColors[static_cast<std::size_t>(level)];
  }

  bool colors_;
};

// Lines in a file.
class FileSink final : public LineSink {
 public:
  explicit FileSink(const LogOptions& options) : file_{file_options(options)} {}

  static RotatingFile::Options file_options(const LogOptions& options) {
    constexpr mode_t kForOwnerAndGroup = 0640;
    return {options.file, options.max_bytes, options.files, kForOwnerAndGroup};
  }

  void follow() {
    const std::lock_guard lock{mutex_};
    file_.follow();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string text = line_of(message).text;
    if (lost_ > 0) {
      const std::string lost = std::to_string(lost_) + " lines of the log are lost: " + why_;
      text = line_of({message.logger_name, spdlog::level::warn, lost}).text + text;
    }
    const Instant now = coarse_now();
    const Status status = file_.write(text, now);
    if (const std::string warning = file_.take_warning(); !warning.empty())
      write_to_stderr("--log-file: " + warning + "\n");
    if (status.ok()) {
      lost_ = 0;
      return;
    }
    ++lost_;
    why_ = status.failure().text;
    constexpr Instant kTellAgain = std::chrono::minutes{1};
    if (told_at_ != Instant{0} && now < told_at_ + kTellAgain) return;
    told_at_ = now;
    write_to_stderr("--log-file: " + why_ + "; " + std::to_string(lost_) + " lines of the log are lost so far\n" +
                    text);
  }

  RotatingFile file_;
  std::uint64_t lost_ = 0;  // lines since the last one that was written
  std::string why_;
  Instant told_at_{0};  // that lines were lost
};

spdlog::level::level_enum level_of(const std::string& text) {
  const auto level = spdlog::level::from_str(text);
  if (level == spdlog::level::off && text != "off") {
    throw std::invalid_argument{"log level '" + text + "': must be one of trace, debug, info, warn, error, off"};
  }
  return level;
}

}  // namespace

void check_log_file(const LogOptions& options) {
  if (options.file.empty()) return;
  RotatingFile file{FileSink::file_options(options)};
  if (const auto status = file.open(); !status.ok()) throw std::runtime_error{"--log-file: " + status.failure().text};
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& name, const LogOptions& options) {
  const auto level = level_of(options.level);
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (options.format == "json") {
    formatter->add_flag<JsonText>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","logger":"%n","pid":%P,"message":"%*"})");
  } else if (options.format == "text") {
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %n[%P] %v");
  } else {
    throw std::invalid_argument{"log format '" + options.format + "': must be text or json"};
  }
  spdlog::sink_ptr sink;
  if (options.file.empty())
    sink = std::make_shared<StderrSink>(options.format == "text");
  else
    sink = std::make_shared<FileSink>(options);
  auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
  logger->set_formatter(std::move(formatter));
  logger->set_level(level);
  logger->flush_on(spdlog::level::info);
  return logger;
}

void reopen_log(spdlog::logger& logger) {
  for (const auto& sink : logger.sinks())
    if (auto* file = dynamic_cast<FileSink*>(sink.get()); file != nullptr) file->follow();
}

bool flush_log(spdlog::logger& logger) {
  logger.flush();
  bool pending = false;
  for (const auto& sink : logger.sinks()) {
    auto* ours = dynamic_cast<LineSink*>(sink.get());
    pending = pending || (ours != nullptr && ours->pending());
  }
  return pending;
}

void write_stderr(const std::string& line) { UnblockedStream{STDERR_FILENO}.write(line + "\n"); }

}  // namespace forkmill::proto
