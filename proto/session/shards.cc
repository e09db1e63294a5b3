#include "proto/session/shards.h"

#include <charconv>

#include "proto/limits.h"
#include "proto/names.h"

namespace forkmill::proto {

namespace {

// Returns nothing for a text that is not the number of a shard.
std::optional<std::uint32_t> shard_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool is_valid = read.ec == std::errc{} && read.ptr == end && number >= 1 && number <= limits::kMaxShards;
  return is_valid ? std::optional{number} : std::nullopt;
}

}  // namespace

std::uint32_t shard_of(std::string_view name, std::uint32_t shards) {
  constexpr std::uint64_t kOffset = 0xCBF29CE484222325;
  constexpr std::uint64_t kPrime = 0x100000001B3;
  std::uint64_t hash = kOffset;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return 1 + static_cast<std::uint32_t>((hash ^ (hash >> 32U)) % shards);
}

Result<QueuePlace> QueuePlace::parse(std::string_view text) {
  const auto at = text.find('@');
  const std::string_view suffix = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  QueuePlace place{std::string{text.substr(0, at)}};
  bool is_valid = is_name(place.name);
  if (at != std::string_view::npos && suffix == "*") {
    place.is_everywhere = true;
  } else if (at != std::string_view::npos) {
    const auto number = shard_number(suffix);
    is_valid = is_valid && number.has_value();
    place.shard = number.value_or(0);
  }
  if (is_valid) return place;
  return Failure{Errc::name_invalid,
                 "queue name '" + std::string{text} +
                     "': must be 1 to 128 letters, digits and . _ - : /, with @SHARD or @* behind it if it is not to "
                     "live where its name says"};
}

bool QueuePlace::is_on(std::uint32_t number, std::uint32_t shards) const {
  if (is_everywhere) return true;
  return number == (shard == 0 ? shard_of(name, shards) : shard);
}

Result<ObjectPlace> ObjectPlace::parse(std::string_view text) {
  const auto at = text.find('@');
  ObjectPlace place{std::string{text.substr(0, at)}};
  bool is_valid = place.name.empty() || is_name(place.name);
  if (at != std::string_view::npos) {
    const std::string_view suffix = text.substr(at + 1);
    if (const auto number = shard_number(suffix)) {
      place.shard = *number;
    } else {
      place.beside = suffix;
      is_valid = is_valid && is_name(place.beside);
    }
  }
  if (is_valid) return place;
  return Failure{Errc::name_invalid,
                 "object name '" + std::string{text.substr(0, 2 * limits::kMaxName)} +
                     "': must be 1 to 128 letters, digits and . _ - : /, with @SHARD or @QUEUE behind it if it is not "
                     "to live where its name says"};
}

std::uint32_t ObjectPlace::in(std::uint32_t shards) const {
  return shard != 0 ? shard : shard_of(beside.empty() ? name : beside, shards);
}

std::string ObjectPlace::with_name(std::string_view other) const {
  std::string text{other};
  if (shard != 0) return text + '@' + std::to_string(shard);
  if (!beside.empty()) return text + '@' + beside;
  return name.empty() ? text : text + '@' + name;
}

std::optional<std::string> way_to(const Moved& moved, std::uint32_t shard, bool is_new) {
  const bool knows_places = moved.places.size() >= shard;
  std::string place = knows_places ? moved.places[shard - 1].endpoints : std::string{};
  if (knows_places && place.empty() && !is_new) return std::nullopt;
  return place;
}

}  // namespace forkmill::proto
