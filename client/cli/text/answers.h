// Access to the values of a broker's answer, for views. A missing key gives an empty value rather than an error,
// because older brokers send fewer keys.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

// Null if there is no such key.
nlohmann::ordered_json value_of(const nlohmann::ordered_json& body, const char* key);
// A string as it is, any other value as JSON; empty if there is no such key, or if the value is null.
std::string text_of(const nlohmann::ordered_json& body, const char* key);
// 0 if the value is not a number.
std::int64_t number_of(const nlohmann::ordered_json& body, const char* key);
// False if there is no such key, or if the value is neither true nor false.
bool is_true(const nlohmann::ordered_json& body, const char* key);
// A cell with the value and its text_of().
Cell plain(const nlohmann::ordered_json& body, const char* key);

}  // namespace forkmill::cli
