// Headers of tasks that the commands submit, and the trace that they belong to.
#pragma once

#include <forkmill/submit_options.h>

#include <string>
#include <vector>

namespace forkmill::cli {

// Adds each NAME=VALUE of `words` to the headers, and traceparent and tracestate of the environment variables
// TRACEPARENT and TRACESTATE, unless the words have them. Throws UsageError for a word without "=".
void add_headers(SubmitOptions& options, const std::vector<std::string>& words = {});

}  // namespace forkmill::cli
