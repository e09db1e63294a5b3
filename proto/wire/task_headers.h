// Headers of tasks: the checks of client and broker, and the text in which a worker hands them to a child. Pure.
#pragma once

#include <cstddef>
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

// Returns the bytes of all names and values.
inline std::size_t header_bytes(const TaskHeaders& headers) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += name.size() + value.size();
  return bytes;
}

// Returns the bytes that a submitter gives for a task: its arguments, which have `payload` bytes, and its headers. They
// count in windows, quotas and the limits of queues.
inline std::size_t given_bytes(const TaskSpec& spec, std::size_t payload) {
  return payload + header_bytes(spec.options.headers);
}
inline std::size_t given_bytes(const Submission& task) { return given_bytes(*task.spec, task.payload.size()); }

// Returns the headers, which have passed check_headers(), as lines: name, value, name, value …
std::string header_lines(const TaskHeaders& headers);

// Returns the headers that header_lines() made the text of.
TaskHeaders headers_in(std::string_view lines);

}  // namespace forkmill::proto
