// The parameters that select tasks, as `forkmill task ls` has them.
#pragma once

#include <forkmill/events.h>
#include <forkmill/query.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "client/web/api/route.h"

namespace forkmill::web {

using Parameters = std::map<std::string, std::string>;

// The parameters of lists of tasks: id, queue, task, since, until, error; with_state: and state.
std::vector<Parameter> filter_parameters(bool with_state);

// Reads them. Throws Failure (400) for a wrong value.
TaskFilter read_filter(const Parameters& parameters, std::chrono::milliseconds now);

// The parameters of streams of events: id, queue, task, state, after.
std::vector<Parameter> event_parameters();
// Reads them. Throws Failure (400) for a cursor with control characters.
EventFilter read_event_filter(const Parameters& parameters);

// Reads the parameters of the log of a task: attempt, from. Throws Failure (400) for a wrong value.
Query read_log_query(const std::string& id, const Parameters& parameters);

// The key `filter` of a body, an object of texts. Throws Failure (400) for other keys or values, and without any.
Parameters filter_of_body(const Json& body, bool with_state);

// Reads a whole number from `min` to `max`. fallback: without the parameter. Throws Failure (400).
std::uint64_t read_number(const Parameters& parameters, const char* name, std::uint64_t min, std::uint64_t max,
                          std::uint64_t fallback);

// The time since 1970.
std::chrono::milliseconds unix_time();

}  // namespace forkmill::web
