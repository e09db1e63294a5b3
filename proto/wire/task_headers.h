// Headers of tasks: the checks of client and broker, and the text in which a worker hands them to a child. Pure.
#pragma once

#include <string>
#include <string_view>

#include "proto/status.h"
#include "proto/wire/task_messages.h"

namespace forkmill::proto {

// Checks number, size, names and order. A name has 1 to limits::kMaxName characters out of lower-case letters, digits
// and . _ -, and is there once; a value has no control characters. Names rise, so that equal headers are equal lists.
Status check_headers(const TaskHeaders& headers);

// Returns the value of a header. Empty: there is none.
std::string_view header(const TaskHeaders& headers, std::string_view name);

// Returns the headers, which have passed check_headers(), as lines: name, value, name, value …
std::string header_lines(const TaskHeaders& headers);

// Returns the headers that header_lines() made the text of.
TaskHeaders headers_in(std::string_view lines);

}  // namespace forkmill::proto
