#include "client/cli/views/logs.h"

#include <array>
#include <utility>

#include "client/cli/text/answers.h"
#include "proto/text.h"

namespace forkmill::cli {

namespace {

constexpr std::array kLevels{"debug", "info", "warning", "error"};

const char* level_name(const Json& row) {
  const auto level = static_cast<std::size_t>(number_of(row, "level"));
  return level < kLevels.size() ? kLevels[level] : "log";
}

std::uint64_t count_of(const Json& row, const char* key) { return static_cast<std::uint64_t>(number_of(row, key)); }

}  // namespace

Json log_rows(const Json& page) {
  auto rows = Json::array();
  std::uint64_t position = count_of(page, "from");
  const auto add = [&](std::uint64_t at, Json row) {
    row["attempt"] = value_of(page, "attempt");
    row["missing"] = at > position ? at - position : 0;
    rows.push_back(shaped(row, {"attempt", "position", "source", "level", "at_ms", "missing", "text"}));
    position = at;
  };
  for (const auto& text : value_of(page, "texts")) {
    Json row = text;
    const bool is_line = text_of(text, "source") == "log";
    row["level"] = is_line ? Json(level_name(text)) : Json{};
    const std::uint64_t at = count_of(text, "position");
    const std::size_t bytes = text.at("text").get_ref<const std::string&>().size();
    add(at, std::move(row));
    position = at + bytes;
  }
  const std::uint64_t next = count_of(page, "next");
  if (next > position) add(next, Json{{"position", next}, {"text", ""}});
  return rows;
}

std::string why_no_log(const Json& page) {
  const auto attempt = number_of(page, "attempt");
  if (attempt == 0) return is_true(page, "task_ended") ? "the task never started" : "the task has not started yet";
  if (number_of(page, "last_attempt") < attempt) return "the task has had no attempt " + std::to_string(attempt);
  if (number_of(page, "log_bytes") == 0) return "the queue keeps no logs (log_bytes is 0)";
  return "the attempt has printed nothing, or its log is no longer kept";
}

std::string LogView::render(const Json& page) {
  std::string text;
  for (const auto& row : log_rows(page))
    text += for_people(format_) ? render_text(row) : render_json(row, Format::jsonl);
  return text;
}

std::string LogView::finish() {
  if (!for_people(format_)) return {};
  std::string text = said(std::exchange(rest_, {}));
  return text + new_line();
}

std::string LogView::render_text(const Json& row) {
  const std::string source = text_of(row, "source");
  const std::uint64_t missing = count_of(row, "missing");
  std::string text;
  if (source != source_ || missing > 0) text += said(std::exchange(rest_, {}));
  if (missing > 0) text += said(new_line() + "[" + proto::format_count(missing, "byte") + " missing]\n");
  source_ = source;
  const std::string& printed = row.at("text").get_ref<const std::string&>();
  if (source == "log") return text + said(new_line() + "[" + text_of(row, "level") + "] " + printed + "\n");
  const std::string whole = std::exchange(rest_, {}) + printed;
  // The end of a page may stand inside a character.
  std::size_t length = whole.size();
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back <= kLongest && back <= whole.size(); ++back) {
    const auto byte = static_cast<unsigned char>(whole[whole.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (needed > back) length = whole.size() - back;
    break;
  }
  rest_ = whole.substr(length);
  return text + said(whole.substr(0, length));
}

std::string LogView::said(std::string text) {
  if (!text.empty()) at_line_start_ = text.back() == '\n';
  return text;
}

}  // namespace forkmill::cli
