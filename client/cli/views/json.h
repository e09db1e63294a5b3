// The JSON that commands print, which scripts rely on: README.md in this folder has the keys. An object of one kind
// always has the same keys in the same order, in each state of the thing and with each version of the broker; null
// stands for what is not known. Pure functions.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

using Json = nlohmann::ordered_json;

// Returns an object with exactly these keys, in this order. A key that `body` lacks is null.
Json shaped(const Json& body, std::initializer_list<const char*> keys);
// Returns the rows of `body[key]`, each shaped(). An empty list if there is no such key.
Json shaped_rows(const Json& body, const char* key, std::initializer_list<const char*> keys);

// Renders an object, indented for Format::json. Bytes that are not UTF-8 are replaced.
std::string render_json(const Json& body, Format format);

// Returns whether the format is a table for people rather than JSON.
bool for_people(Format format);

// The present shape of a task: `row` is one of the answer to QUERY tasks, or the answer to QUERY task. `details`: with
// the keys that only QUERY task tells.
Json task_json(const Json& row, bool details);
// The attempts of the answer to QUERY task or why task that have ended.
Json attempts_json(const Json& row);
// The error of the same task. Null: it has none.
Json error_json(const Json& row);

}  // namespace forkmill::cli
