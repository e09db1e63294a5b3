// What stands under a key of a broker's answer, for views of it. A key that is not there is nothing, not an error: an
// older broker says less.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

nlohmann::ordered_json value_of(const nlohmann::ordered_json& body, const char* key);
// A string as it is, anything else as JSON, nothing as nothing.
std::string text_of(const nlohmann::ordered_json& body, const char* key);
// 0 when it is no number.
std::int64_t number_of(const nlohmann::ordered_json& body, const char* key);
Cell plain(const nlohmann::ordered_json& body, const char* key);

}  // namespace forkmill::cli
