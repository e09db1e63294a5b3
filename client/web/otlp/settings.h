// The settings of the export of spans, from the command line and from the variables that OpenTelemetry defines. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/web/otlp/spans.h"

namespace forkmill::web::otlp {

struct Settings {
  std::string url{};                                           // to which spans are sent
  std::vector<std::pair<std::string, std::string>> headers{};  // sent with each request
  std::string certificate{};                                   // file of the authorities to trust; empty: the system's
  std::map<std::string, std::string> resource{};               // attributes of the program that sends them
  Tasks tasks = Tasks::traced;
};

// Returns the value of a variable of the environment. Empty: it is not set.
using Variable = std::function<std::string(const char* name)>;

// Reads OTEL_EXPORTER_OTLP_ENDPOINT, _TRACES_ENDPOINT, _HEADERS, _TRACES_HEADERS, _CERTIFICATE and _TRACES_CERTIFICATE,
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. endpoint: that of the command line, which comes before the variables;
// empty: none. Returns nothing if no endpoint is given. Throws std::invalid_argument, which names the wrong setting.
std::optional<Settings> read_settings(const std::string& endpoint, Tasks tasks, const Variable& variable);

}  // namespace forkmill::web::otlp
