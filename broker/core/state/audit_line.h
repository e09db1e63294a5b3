// AuditLine: one line of the audit log: a JSON object with the time, the event, and what the event was about. Pure.
//
//     AuditLine{unix_time, "command"}.add("principal", "alice").add("queue", "mail").text()
//     {"time":"2026-11-30T09:00:00.000Z","event":"command","principal":"alice","queue":"mail"}
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "proto/clock.h"

namespace forkmill::broker {

class AuditLine {
 public:
  // `event` and the keys: letters and _ only.
  AuditLine(proto::milliseconds unix_time, std::string_view event);

  // A value that is empty is left out. A text is cut after kMaxText bytes; what is not UTF-8, or could control a
  // terminal, stands there as an escape.
  AuditLine& add(std::string_view key, std::string_view value);
  AuditLine& add(std::string_view key, const std::vector<std::string>& values);
  template <std::integral Number>
  AuditLine& add(std::string_view key, Number value) {
    if constexpr (std::same_as<Number, bool>) return add_raw(key, value ? "true" : "false");
    return add_raw(key, std::to_string(value));
  }

  // Returns the line, without a line feed.
  std::string text() const { return text_ + "}"; }

  static constexpr std::size_t kMaxText = 1024;
  static constexpr std::size_t kMaxValues = 1000;  // maximum of a list; the others are left out

 private:
  AuditLine& add_raw(std::string_view key, std::string_view json);

  std::string text_;
};

}  // namespace forkmill::broker
