#include "proto/os/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "proto/os/unblocked_stream.h"
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

// Lines on stderr, in colors if that is a terminal.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StderrSink(bool may_color) : colors_{may_color && ::isatty(STDERR_FILENO) == 1} {}

  bool pending() {
    const std::lock_guard lock{mutex_};
    return stream_.pending();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // Names and texts of peers stand in messages.
    const std::string clean = printable({message.payload.data(), message.payload.size()}, LineBreaks::kept);
    spdlog::details::log_msg shown = message;
    shown.payload = clean;
    spdlog::memory_buf_t line;
    formatter_->format(shown, line);
    std::string text{line.data(), line.size()};
    if (colors_ && shown.color_range_end > shown.color_range_start) {
      text.insert(shown.color_range_end, "\033[m");
      text.insert(shown.color_range_start, color_of(shown.level));
    }
    stream_.write(text);
  }
  void flush_() override { stream_.flush(); }

  static std::string_view color_of(spdlog::level::level_enum level) {
    constexpr std::array<std::string_view, 7> kColors{
        "\033[37m", "\033[36m", "\033[32m", "\033[33m\033[1m", "\033[31m\033[1m", "\033[1m\033[41m", "\033[m"};
    return kColors[static_cast<std::size_t>(level)];
  }

  UnblockedStream stream_{STDERR_FILENO};
  bool colors_;
};

spdlog::level::level_enum level_of(const std::string& text) {
  const auto level = spdlog::level::from_str(text);
  if (level == spdlog::level::off && text != "off") {
    throw std::invalid_argument{"log level '" + text + "': must be one of trace, debug, info, warn, error, off"};
  }
  return level;
}

}  // namespace

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
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<StderrSink>(options.format == "text"));
  logger->set_formatter(std::move(formatter));
  logger->set_level(level);
  logger->flush_on(spdlog::level::info);
  return logger;
}

bool flush_log(spdlog::logger& logger) {
  logger.flush();
  bool pending = false;
  for (const auto& sink : logger.sinks()) {
    auto* ours = dynamic_cast<StderrSink*>(sink.get());
    pending = pending || (ours != nullptr && ours->pending());
  }
  return pending;
}

void write_stderr(const std::string& line) { UnblockedStream{STDERR_FILENO}.write(line + "\n"); }

}  // namespace forkmill::proto
