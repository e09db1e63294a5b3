// TaskId: the name of one task, made by its submitter, in all its attempts and across restarts of the broker.
//
//     auto sum = client.submit(kAdd, 1.0, 2.0);
//     std::string text = sum.id().to_string();                  // "0190163d-8694-739b-aea5-966c26f8ad91"
//     auto id = forkmill::TaskId::parse(text);                  // elsewhere, from a file or a log
//     if (id) print(client.attach<double>(*id).get());
//
// A UUID (RFC 9562): version 7, so that ids sort by the time at which they were made; version 8 for a task that is
// submitted under a key (SubmitOptions::key). Submitting the same id twice names the same task.
//
// A value type of 16 bytes: copy it freely, share it between threads. Ids are ordered, compare by their bytes and have
// a std::hash. No member but to_string() allocates; none throws anything else than std::bad_alloc.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill {

class TaskId {
 public:
  // The id in network byte order.
  using Bytes = std::array<std::uint8_t, 16>;

  // The nil id, which names no task.
  constexpr TaskId() = default;
  // The id of these bytes, which are not checked.
  constexpr explicit TaskId(const Bytes& bytes) : bytes_{bytes} {}

  // Makes a UUIDv7: 48 bits of milliseconds since 1970, then version, variant and 74 of the random bits given. Clients
  // do this by themselves.
  static TaskId make(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low);

  // Makes the id of a task that is submitted under a key: a UUIDv8 made of queue and key alone, so that all submitters
  // with the same key name the same task.
  static TaskId of_key(std::string_view queue, std::string_view key);

  // Reads the text form of 36 characters, in upper or lower case. Returns nothing for any other text.
  static std::optional<TaskId> parse(std::string_view text);

  // The text form: 36 characters, lower case.
  std::string to_string() const;
  // The 16 bytes.
  constexpr const Bytes& bytes() const { return bytes_; }
  // Whether this is the nil id.
  constexpr bool is_nil() const { return *this == TaskId{}; }
  // When the id was made, in milliseconds since 1970 by the maker's clock. Without meaning for the id of a key.
  std::uint64_t unix_ms() const;

  friend constexpr auto operator<=>(const TaskId&, const TaskId&) = default;
  // Compares two words, which takes a tenth of the time of 16 bytes.
  friend constexpr bool operator==(const TaskId& one, const TaskId& other) {
    const auto words = std::bit_cast<Words>(one.bytes_);
    const auto others = std::bit_cast<Words>(other.bytes_);
    return words[0] == others[0] && words[1] == others[1];
  }

 private:
  using Words = std::array<std::uint64_t, 2>;

  Bytes bytes_{};
};

}  // namespace forkmill

// Hash of an id, for unordered containers. Not for ids that an adversary chooses.
template <>
struct std::hash<forkmill::TaskId> {
  // Never throws.
  std::size_t operator()(const forkmill::TaskId& id) const noexcept {
    // The low half is random: mixing in the high half is enough for a table.
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes().data(), sizeof high);
    std::memcpy(&low, id.bytes().data() + sizeof high, sizeof low);
    return static_cast<std::size_t>(low ^ high * 0x9E3779B97F4A7C15ULL);
  }
};
