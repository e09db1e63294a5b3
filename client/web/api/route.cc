#include "client/web/api/route.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace forkmill::web {

namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the "/"
    const auto end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_variable(const std::string& segment) { return segment.starts_with('{'); }

std::string name_of(const std::string& segment) { return segment.substr(1, segment.size() - 2); }

// The values of the variables in `pattern`. Null: the path is another one.
std::optional<std::map<std::string, std::string>> match(const std::vector<std::string>& pattern,
                                                        const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_variable(pattern[i]))
      values[name_of(pattern[i])] = path[i];
    else if (pattern[i] != path[i])
      return std::nullopt;
  }
  return values;
}

bool has_method(const Route& route, const std::string& method) {
  return route.changes ? method == "POST" : method == "GET" || method == "HEAD";
}

const Parameter* find_parameter(const Route& route, const std::string& name) {
  const auto at = std::find_if(route.parameters.begin(), route.parameters.end(),
                               [&](const Parameter& parameter) { return name == parameter.name; });
  return at == route.parameters.end() ? nullptr : &*at;
}

Failure wrong(const std::string& what) { return {400, "bad_parameter", what, "see GET /api/v1/openapi.json"}; }

void check_query(const Route& route, const std::map<std::string, std::string>& query) {
  for (const auto& [name, value] : query) {
    if (route.changes || find_parameter(route, name) == nullptr)
      throw wrong("there is no parameter '" + name + "' in the query");
  }
}

bool has_type(const Json& value, Parameter::Type type) {
  switch (type) {
    case Parameter::Type::text:
      return value.is_string();
    case Parameter::Type::number:
      return value.is_number_unsigned();
    case Parameter::Type::integer:
      return value.is_number_integer();
    case Parameter::Type::boolean:
      return value.is_boolean();
    case Parameter::Type::filter:
      return value.is_object();
    case Parameter::Type::list:
      return value.is_array();
  }
  return false;
}

Json parse_body(const Route& route, const std::string& text) {
  auto body = text.empty() ? Json::object() : Json::parse(text, nullptr, false);
  if (!body.is_object()) throw Failure{400, "not_json", "the body is not a JSON object"};
  for (const auto& [name, value] : body.items()) {
    const auto* const parameter = find_parameter(route, name);
    if (parameter == nullptr) throw wrong("the body has an unknown key '" + name + "'");
    if (!has_type(value, parameter->type)) throw wrong("'" + name + "' in the body has the wrong type");
  }
  for (const auto& parameter : route.parameters) {
    if (parameter.required && !body.contains(parameter.name))
      throw wrong("the body lacks '" + std::string{parameter.name} + "'");
  }
  return body;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all = [] {
    auto made = query_routes();
    for (auto&& more : {change_routes(), steering_routes(), bulk_routes()})
      std::copy(more.begin(), more.end(), std::back_inserter(made));
    return made;
  }();
  return all;
}

std::vector<std::string> path_parameters(const Route& route) {
  std::vector<std::string> names;
  for (const auto& segment : segments_of(route.path)) {
    if (is_variable(segment)) names.push_back(name_of(segment));
  }
  return names;
}

const Route& find_route(const Request& request, Call& call) {
  const Route* of_other_method = nullptr;
  for (const auto& route : routes()) {
    auto values = match(segments_of(route.path), request.target.path);
    if (!values) continue;
    if (!has_method(route, request.method)) {
      of_other_method = &route;
      continue;
    }
    call.path = std::move(*values);
    check_query(route, request.target.query);
    call.query = request.target.query;
    call.body = route.changes ? parse_body(route, request.body) : Json::object();
    return route;
  }
  if (of_other_method != nullptr)
    throw Failure{405, "wrong_method", std::string{"use "} + (of_other_method->changes ? "POST" : "GET")};
  throw Failure{404, "no_such_path", "there is nothing at this path", "see GET /api/v1/openapi.json"};
}

}  // namespace forkmill::web
