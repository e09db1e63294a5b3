#include "client/web/otlp/settings.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace forkmill::web::otlp {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::invalid_argument wrong(const std::string& what, const std::string& why) {
  return std::invalid_argument{what + ": " + why};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Returns nothing for a "%" without two hexadecimal digits, and for a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || digit_of(text[i + 1]) < 0 || digit_of(text[i + 2]) < 0) return std::nullopt;
      c = static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(c) < ' ' || c == 127) return std::nullopt;
    value += c;
  }
  return value;
}

// Reads NAME=VALUE, with commas between. Values are not quoted in errors, because they may be secret.
Pairs read_pairs(const char* variable, const std::string& text) {
  Pairs pairs;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto entry = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (entry.empty()) continue;
    const auto equals = entry.find('=');
    const auto name = decoded(trimmed(entry.substr(0, equals)));
    if (equals == std::string_view::npos || !name || name->empty())
      throw wrong(variable, "an entry is not NAME=VALUE; write entries with commas between");
    const auto value = decoded(trimmed(entry.substr(equals + 1)));
    if (!value)
      throw wrong(variable,
                  "the value of " + *name + " has a control character, or a % without two hexadecimal digits");
    pairs.emplace_back(*name, *value);
  }
  return pairs;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

void check_url(const std::string& setting, std::string_view url) {
  const bool is_http = url.starts_with("http://");
  if (!is_http && !url.starts_with("https://"))
    throw wrong(setting, "write a URL with http:// or https://, such as http://localhost:4318");
  const auto place = url.substr(is_http ? 7 : 8);
  const auto host = place.substr(0, place.find_first_of("/?"));
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (host.empty() || host.front() == ':' || !is_plain || url.find('#') != std::string_view::npos)
    throw wrong(setting, "this is no URL with a host, such as http://localhost:4318");
  if (host.find('@') != std::string_view::npos)
    throw wrong(setting, "a URL must not have a user or a password; use OTEL_EXPORTER_OTLP_HEADERS");
}

// Returns the place for spans below a base URL.
std::string below(std::string base) {
  if (base.find('?') != std::string::npos) return base;  // the path of a URL with a query is whole
  if (base.back() != '/') base += '/';
  return base + "v1/traces";
}

// Returns the first of two variables that is set, with its name.
std::pair<const char*, std::string> first_of(const Variable& variable, const char* special, const char* general) {
  if (auto value = variable(special); !value.empty()) return {special, std::move(value)};
  return {general, variable(general)};
}

std::string url_of(const std::string& endpoint, const Variable& variable) {
  if (!endpoint.empty()) {
    check_url("--otlp-endpoint", endpoint);
    return below(endpoint);
  }
  constexpr const char* kSpecial = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  const auto [name, value] = first_of(variable, kSpecial, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (value.empty()) return {};
  check_url(name, value);
  return std::string_view{name} == kSpecial ? value : below(value);
}

}  // namespace

std::optional<Settings> read_settings(const std::string& endpoint, Tasks tasks, const Variable& variable) {
  Settings settings{.url = url_of(endpoint, variable), .tasks = tasks};
  if (settings.url.empty()) return std::nullopt;
  const auto [name, headers] = first_of(variable, "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
  settings.headers = read_pairs(name, headers);
  for (const auto& [header, value] : settings.headers)
    if (!is_token(header)) throw wrong(name, "'" + header + "' is no name of a header");
  settings.certificate =
      first_of(variable, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE").second;
  constexpr const char* kAttributes = "OTEL_RESOURCE_ATTRIBUTES";
  settings.resource = {{"service.name", "forkmill"}, {"service.version", FORKMILL_VERSION}};
  for (const auto& [attribute, value] : read_pairs(kAttributes, variable(kAttributes)))
    settings.resource[attribute] = value;
  if (const auto service = variable("OTEL_SERVICE_NAME"); !service.empty()) settings.resource["service.name"] = service;
  return settings;
}

}  // namespace forkmill::web::otlp
