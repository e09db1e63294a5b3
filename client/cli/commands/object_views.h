// Named objects as tables. Bodies: PROTOCOL.md, queries objects and object.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

Table object_table(const nlohmann::ordered_json& body);
std::string render_object_details(const nlohmann::ordered_json& body, Format format);

}  // namespace forkmill::cli
