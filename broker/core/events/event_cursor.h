// EventCursor: where a client is in the stream of events: the run of the broker, and the position of the next event.
#pragma once

#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace forkmill::broker {

struct EventCursor {
  std::uint64_t run = 0;  // Identity::run
  std::uint64_t position = 0;

  // As the wire has it: the run in hexadecimal digits, "-", the position.
  std::string to_string() const { return run_text() + "-" + std::to_string(position); }
  std::string run_text() const {
    char digits[16] = {};
    return {std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), run, 16).ptr};
  }

  // None: the text is no cursor.
  static std::optional<EventCursor> parse(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    EventCursor cursor;
    if (read(text.substr(0, dash), cursor.run, 16) && read(text.substr(dash + 1), cursor.position, 10)) return cursor;
    return std::nullopt;
  }

 private:
  static bool read(std::string_view text, std::uint64_t& number, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
  }
};

}  // namespace forkmill::broker
