#include "proto/ids.h"

#define XXH_INLINE_ALL  // nothing to link
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <iterator>

namespace forkmill {

namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

TaskId TaskId::make(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) {
  const std::uint64_t high = unix_ms << 16 | 0x7000 | (random_high & 0x0FFF);
  const std::uint64_t low = (random_low & 0x3FFF'FFFF'FFFF'FFFFULL) | 0x8000'0000'0000'0000ULL;
  static_assert(std::endian::native == std::endian::little);
  return TaskId{std::bit_cast<Bytes>(Words{__builtin_bswap64(high), __builtin_bswap64(low)})};
}

TaskId TaskId::of_key(std::string_view queue, std::string_view key) {
  std::string text;
  text.reserve(queue.size() + 1 + key.size());
  text.append(queue).append(1, '\0').append(key);
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(text.data(), text.size()));
  Bytes bytes;
  std::copy(std::begin(hash.digest), std::end(hash.digest), bytes.begin());
  bytes[6] = static_cast<std::uint8_t>(0x80 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return TaskId{bytes};
}

std::optional<TaskId> TaskId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Bytes bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = nibble(text[at++]);
    const int low = nibble(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return TaskId{bytes};
}

std::string TaskId::to_string() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += kHex[bytes_[i] >> 4];
    text += kHex[bytes_[i] & 15];
  }
  return text;
}

std::uint64_t TaskId::unix_ms() const {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes_[i];
  return ms;
}

namespace proto {

std::string to_string(const Grant& grant) {
  return std::to_string(grant.epoch.value()) + "-" + std::to_string(grant.seq.value()) + "-" +
         std::to_string(grant.attempt.value());
}

}  // namespace proto
}  // namespace forkmill
