#include "broker/core/state/audit_line.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "proto/printable.h"
#include "proto/text.h"

namespace forkmill::broker {

namespace {

std::string json_text(std::string_view value) {
  // No control character and no malformed UTF-8 is left, so JSON needs two escapes only.
  const std::string shown = proto::printable(proto::first_bytes(value, AuditLine::kMaxText), proto::LineBreaks::shown);
  std::string json = "\"";
  for (const char c : shown) {
    if (c == '"' || c == '\\') json += '\\';
    c == '\t' ? json += "\\t" : json += c;
  }
  return json += '"';
}

// Returns a text like 2026-11-30T09:00:00.000Z.
std::string utc_text(proto::milliseconds unix_time) {
  const std::chrono::sys_time<proto::milliseconds> at{unix_time};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                                 unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                                 static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                                 static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

AuditLine::AuditLine(proto::milliseconds unix_time, std::string_view event)
    : text_{"{\"time\":\"" + utc_text(unix_time) + "\",\"event\":\"" + std::string{event} + "\""} {}

AuditLine& AuditLine::add(std::string_view key, std::string_view value) {
  return value.empty() ? *this : add_raw(key, json_text(value));
}

AuditLine& AuditLine::add(std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return *this;
  std::string json = "[";
  for (std::size_t i = 0; i < values.size() && i < kMaxValues; ++i) json += (i == 0 ? "" : ",") + json_text(values[i]);
  return add_raw(key, json += "]");
}

AuditLine& AuditLine::add_raw(std::string_view key, std::string_view json) {
  text_ += ",\"";
  text_ += key;
  text_ += "\":";
  text_ += json;
  return *this;
}

}  // namespace forkmill::broker
