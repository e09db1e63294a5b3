#include "client/cli/commands/trace.h"

#include <cstdlib>
#include <utility>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

void add_headers(SubmitOptions& options, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    const auto end = word.find('=');
    if (end == std::string::npos) throw UsageError{"--header " + word + " is not NAME=VALUE"};
    options.headers[word.substr(0, end)] = word.substr(end + 1);
  }
  for (const auto& [name, variable] : {std::pair{"traceparent", "TRACEPARENT"}, {"tracestate", "TRACESTATE"}}) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value != nullptr && *value != '\0') options.headers.try_emplace(name, value);
  }
}

}  // namespace forkmill::cli
