#include "proto/wire/trace_context.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "proto/random.h"

namespace forkmill::proto {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kFlagsEnd = 55;  // where version 00 ends

bool is_hex(std::string_view text) { return text.find_first_not_of(kDigits) == std::string_view::npos; }

bool is_id(std::string_view text) { return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos; }

std::uint8_t byte_of(std::string_view two_digits) {
  return static_cast<std::uint8_t>(kDigits.find(two_digits[0]) * 16 + kDigits.find(two_digits[1]));
}

void append_byte(std::string& text, std::uint8_t byte) {
  text += kDigits[byte >> 4];
  text += kDigits[byte & 15];
}

// Returns the eight bytes as a number, the highest byte first.
std::uint64_t word_at(const TaskId::Bytes& bytes, std::size_t first) {
  std::uint64_t number = 0;
  for (std::size_t i = first; i < first + 8; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

std::string TraceParent::to_string() const {
  std::string text = "00-" + trace_id + "-" + span_id + "-";
  append_byte(text, flags & (kSampled | kRandom));
  return text;
}

std::optional<TraceParent> TraceParent::parse(std::string_view text) {
  if (text.size() < kFlagsEnd || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  if (text.size() > kFlagsEnd && (version == "00" || text[kFlagsEnd] != '-')) return std::nullopt;
  const auto trace_id = text.substr(3, 32);
  const auto span_id = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (!is_id(trace_id) || !is_id(span_id) || !is_hex(flags)) return std::nullopt;
  return TraceParent{std::string{trace_id}, std::string{span_id}, byte_of(flags)};
}

std::string span_id(const TaskId& id, TaskSeq seq, Attempt attempt, TaskSpan span) {
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  const std::uint64_t which = std::uint64_t{attempt.value()} << 8 | static_cast<std::uint64_t>(span);
  const std::array<std::uint64_t, 4> facts{word_at(id.bytes(), 0), word_at(id.bytes(), 8), seq.value(), which};
  std::uint64_t mixed = 0;
  for (const std::uint64_t fact : facts) mixed = mix64((mixed ^ fact) + kStep);
  mixed = std::max<std::uint64_t>(mixed, 1);  // an id of zeros is none
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) append_byte(text, static_cast<std::uint8_t>(mixed >> shift));
  return text;
}

std::string own_trace_id(const TaskId& id) {
  std::string text;
  for (const std::uint8_t byte : id.bytes()) append_byte(text, byte);
  return text;
}

TaskHeaders with_attempt_as_parent(TaskHeaders headers, const TaskId& id, const Grant& grant) {
  for (auto& [name, value] : headers) {
    if (name != "traceparent") continue;
    auto parent = TraceParent::parse(value);
    if (!parent || !parent->is_sampled()) break;
    parent->span_id = span_id(id, grant.seq, grant.attempt, TaskSpan::ran);
    value = parent->to_string();
  }
  return headers;
}

}  // namespace forkmill::proto
