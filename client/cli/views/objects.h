// Views of named objects. proto/PROTOCOL.md, QUERY objects and object, describes `body`. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

Table object_table(const nlohmann::ordered_json& body);
// One object with its holders and waiters.
std::string render_object_details(const nlohmann::ordered_json& body, Format format);

}  // namespace forkmill::cli
