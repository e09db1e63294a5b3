#include "proto/seal/key_ring.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/names.h"

namespace forkmill::proto {

namespace {

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  if (text.ends_with('*')) text.remove_suffix(1);
  return is_name(text);
}

// Returns nullopt if one of the patterns makes no sense.
std::optional<Patterns> read_patterns(std::string_view text) {
  Patterns patterns;
  for (;;) {
    const auto comma = text.find(',');
    const auto pattern = text.substr(0, comma);
    if (!is_pattern(pattern)) return std::nullopt;
    patterns.emplace_back(pattern);
    if (comma == std::string_view::npos) return patterns;
    text.remove_prefix(comma + 1);
  }
}

// Wipes the secret, which is left in no other place than the key that is made of it.
std::optional<SealKey> read_key(std::string_view digits) {
  SealKey::Secret secret{};
  std::size_t size = 0;
  const bool right =
      digits.size() == 2 * secret.size() &&
      sodium_hex2bin(secret.data(), secret.size(), digits.data(), digits.size(), nullptr, &size, nullptr) == 0 &&
      size == secret.size();
  std::optional<SealKey> key;
  if (right) key.emplace(secret);
  sodium_memzero(secret.data(), secret.size());
  return key;
}

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  constexpr std::string_view kSpace = " \t\r";
  for (auto begin = line.find_first_not_of(kSpace); begin != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(kSpace, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kSpace, end);
  }
  return words;
}

bool covers(const Patterns& patterns, std::string_view queue) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(queue, pattern); });
}

}  // namespace

Result<SealRing> SealRing::parse(std::string_view text, const std::string& path) {
  SealRing ring;
  std::size_t number = 0;
  const auto wrong = [&](const std::string& what) {
    return Failure{Errc::option_out_of_range, path + ", line " + std::to_string(number) + ": " + what};
  };
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    const bool seals = words[0] == "seal" && words.size() == 3;
    if (!seals && !(words[0] == "clear" && words.size() == 2))
      return wrong("write `seal QUEUES KEY` or `clear QUEUES`; `forkmill keygen --seal` makes such lines");
    auto queues = read_patterns(words[1]);
    if (!queues) return wrong("write queues as names, or prefixes followed by *, separated by commas");
    if (!seals) {
      ring.clear_.insert(ring.clear_.end(), queues->begin(), queues->end());
      continue;
    }
    auto key = read_key(words[2]);
    if (!key) return wrong("a key has 64 hexadecimal digits");
    if (ring.find(key->id()) != nullptr) return wrong("this key is already on an earlier line; add its queues there");
    ring.entries_.push_back({std::move(*queues), *key});
  }
  if (ring.entries_.empty())
    return Failure{Errc::option_out_of_range, path + " has no key; make one with `forkmill keygen --seal`"};
  return ring;
}

const SealKey* SealRing::sealing(std::string_view queue) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return covers(entry.queues, queue); });
  return found == entries_.end() ? nullptr : &found->key;
}

const SealKey* SealRing::find(const SealKeyId& id) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.key.id() == id; });
  return found == entries_.end() ? nullptr : &found->key;
}

bool SealRing::is_for(const SealKeyId& id, std::string_view queue) const {
  return std::ranges::any_of(entries_,
                             [&](const Entry& entry) { return entry.key.id() == id && covers(entry.queues, queue); });
}

bool SealRing::may_be_clear(std::string_view queue) const { return sealing(queue) == nullptr && covers(clear_, queue); }

}  // namespace forkmill::proto
