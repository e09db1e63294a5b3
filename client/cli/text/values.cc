#include "client/cli/text/values.h"

#include <forkmill/serialize.h>

#include <cmath>
#include <cstdint>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

Json from_bin(std::string_view bytes) { return is_utf8(bytes) ? Json(bytes) : Json{{"base64", base64(bytes)}}; }

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<std::uint8_t>(c) >> 4];
    text += kDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return text;
}

Json from_object(const msgpack::object& object);

// The keys of JSON are strings. A list or map as a key becomes base64 of its msgpack, because in JSON text each level
// of nesting would double the backslashes of the inner levels.
std::string key_from(const msgpack::object& object) {
  if (object.type == msgpack::type::ARRAY || object.type == msgpack::type::MAP) {
    msgpack::sbuffer packed;
    msgpack::pack(packed, object);
    return "base64:" + base64({packed.data(), packed.size()});
  }
  const auto key = from_object(object);
  return key.is_string() ? key.get<std::string>() : key.dump();
}

Json from_map(const msgpack::object_map& map) {
  auto json = Json::object();
  for (const auto& entry : map) json[key_from(entry.key)] = from_object(entry.val);
  return json;
}

Json from_array(const msgpack::object_array& array) {
  auto json = Json::array();
  for (const auto& element : array) json.push_back(from_object(element));
  return json;
}

// Recurses at most as deep as unpack_bounded() lets values nest.
Json from_object(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::BOOLEAN:
      return object.via.boolean;
    case msgpack::type::POSITIVE_INTEGER:
      return object.via.u64;
    case msgpack::type::NEGATIVE_INTEGER:
      return object.via.i64;
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return std::isfinite(object.via.f64) ? Json(object.via.f64) : Json();
    case msgpack::type::STR:
      return from_bin({object.via.str.ptr, object.via.str.size});
    case msgpack::type::BIN:
      return from_bin({object.via.bin.ptr, object.via.bin.size});
    case msgpack::type::ARRAY:
      return from_array(object.via.array);
    case msgpack::type::MAP:
      return from_map(object.via.map);
    case msgpack::type::EXT:
      return {{"ext", object.via.ext.type()}, {"base64", base64({object.via.ext.data(), object.via.ext.size})}};
    case msgpack::type::NIL:
      break;
  }
  return nullptr;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto part = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < part.size() ? static_cast<std::uint8_t>(part[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= part.size() ? kBase64Digits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;  // bits that are in no byte yet
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<std::uint32_t>(kBase64Digits.find(c) & 63);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

Json json_from_msgpack(std::string_view bytes) { return from_object(detail::unpack_bounded(bytes).get()); }

Json json_or_hex(std::string_view bytes) {
  try {
    return json_from_msgpack(bytes);
  } catch (const DecodeError&) {
    return {{"hex", hex(bytes)}};
  }
}

std::optional<std::string> bin_in_msgpack(std::string_view map, std::string_view key) {
  const auto handle = detail::unpack_bounded(map);
  const auto& object = handle.get();
  if (object.type != msgpack::type::MAP) return std::nullopt;
  for (const auto& entry : object.via.map) {
    if (entry.key.type != msgpack::type::STR || entry.val.type != msgpack::type::BIN) continue;
    if (std::string_view{entry.key.via.str.ptr, entry.key.via.str.size} != key) continue;
    return std::string{entry.val.via.bin.ptr, entry.val.via.bin.size};
  }
  return std::nullopt;
}

std::string msgpack_from_json(const Json& value) {
  const auto bytes = Json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

Json parse_arguments(const std::vector<std::string>& words) {
  auto arguments = Json::array();
  for (const auto& word : words) {
    auto value = Json::parse(word, nullptr, false);
    if (value.is_discarded()) {
      throw UsageError{"argument " + std::to_string(arguments.size() + 1) + " is not JSON: " + word,
                       "write a string in double quotes inside single quotes: '\"text\"'"};
    }
    if (words.size() == 1 && value.is_array()) return value;
    arguments.push_back(std::move(value));
  }
  return arguments;
}

}  // namespace forkmill::cli
