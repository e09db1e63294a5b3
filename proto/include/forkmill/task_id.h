// TaskId: the name of one task, made by whoever submits it. A UUID version 7 (RFC 9562), so ids sort by the time they
// were made, and sending the same submission twice names the same task; version 8 when it stands for a key. A value
// type: copy it freely, share it between threads.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill {

class TaskId {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  constexpr TaskId() = default;  // the nil id, which names no task
  constexpr explicit TaskId(const Bytes& bytes) : bytes_{bytes} {}

  // Lays out a UUIDv7: 48 bits of milliseconds since 1970, then version, variant and 74 of the random bits given.
  static TaskId make(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low);

  // The id of a task that is submitted under a key: a UUIDv8 made of queue and key alone, so that whoever submits with
  // the same key names the same task.
  static TaskId of_key(std::string_view queue, std::string_view key);

  // Reads the 36-character text form ("0190163d-8694-739b-aea5-966c26f8ad91"), upper or lower case. Empty for anything
  // else.
  static std::optional<TaskId> parse(std::string_view text);

  std::string to_string() const;
  constexpr const Bytes& bytes() const { return bytes_; }
  constexpr bool is_nil() const { return *this == TaskId{}; }
  std::uint64_t unix_ms() const;  // when it was made, by its maker's clock; means nothing for an id of a key

  friend constexpr auto operator<=>(const TaskId&, const TaskId&) = default;

 private:
  Bytes bytes_{};
};

}  // namespace forkmill

template <>
struct std::hash<forkmill::TaskId> {
  std::size_t operator()(const forkmill::TaskId& id) const noexcept {
    // The low half is random: mixing in the high half is enough for a table.
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for (int i = 0; i < 8; ++i) {
      high = high << 8 | id.bytes()[static_cast<std::size_t>(i)];
      low = low << 8 | id.bytes()[static_cast<std::size_t>(i) + 8];
    }
    return static_cast<std::size_t>(low ^ high * 0x9E3779B97F4A7C15ULL);
  }
};
