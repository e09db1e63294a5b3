// Conversions between JSON, for the command line, and msgpack, for the wire.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// Converts msgpack to JSON:
//
//     key of a map   a string stays, a list or map becomes "base64:…" of its msgpack, another value its JSON text
//     bin            a string if the bytes are UTF-8, else {"base64": "…"}
//     ext            {"ext": type, "base64": "…"}
//     NaN, infinity  null
//
// Throws forkmill::DecodeError for bytes that are not msgpack.
nlohmann::ordered_json json_from_msgpack(std::string_view bytes);

std::string msgpack_from_json(const nlohmann::ordered_json& value);

// Reads the arguments of `forkmill submit NAME …` into one array. A single word that is a JSON array has all arguments;
// otherwise each word is one argument in JSON. Throws UsageError, with the word, if it is not JSON.
nlohmann::ordered_json parse_arguments(const std::vector<std::string>& words);

// Converts msgpack to JSON as json_from_msgpack() does, and other bytes to {"hex": "…"}.
nlohmann::ordered_json json_or_hex(std::string_view bytes);

// Returns the value of `key` in a msgpack map. Null: `map` is not a map, or the value is not a bin. Throws
// forkmill::DecodeError for bytes that are not msgpack.
std::optional<std::string> bin_in_msgpack(std::string_view map, std::string_view key);

std::string base64(std::string_view bytes);
// Returns the bytes of text that base64() has made.
std::string from_base64(std::string_view text);

}  // namespace forkmill::cli
