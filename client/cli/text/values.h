// JSON on the command line, msgpack on the wire.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// msgpack bytes as JSON. Keys that are no strings become their JSON text, and lists and maps as keys "base64:…" of
// their msgpack; bin that is UTF-8 becomes a string, other bin {"base64": "…"}; ext {"ext": type, "base64": "…"}; NaN
// and infinities become null. Throws forkmill::DecodeError.
nlohmann::ordered_json json_from_msgpack(std::string_view bytes);

std::string msgpack_from_json(const nlohmann::ordered_json& value);

// The arguments of `forkmill submit NAME …` as one array: a single word that is a JSON array is all of them, otherwise
// each word is one, in JSON. Throws UsageError that names the word.
nlohmann::ordered_json parse_arguments(const std::vector<std::string>& words);

// Bytes that may be msgpack: as JSON when they are, else {"hex": "…"}.
nlohmann::ordered_json json_or_hex(std::string_view bytes);

// What stands as bin under this key in a msgpack map; empty when there is none. Throws forkmill::DecodeError.
std::optional<std::string> bin_in_msgpack(std::string_view map, std::string_view key);

std::string base64(std::string_view bytes);

}  // namespace forkmill::cli
