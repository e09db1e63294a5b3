#include "client/web/api/openapi.h"

#include <utility>

#include "client/web/api/route.h"

namespace forkmill::web {

namespace {

Json object_of(const char* key, Json value) {
  auto object = Json::object();
  object[key] = std::move(value);
  return object;
}

Json schema_of(Parameter::Type type) {
  switch (type) {
    case Parameter::Type::text:
      return object_of("type", "string");
    case Parameter::Type::number:
      return Json{{"type", "integer"}, {"minimum", 0}};
    case Parameter::Type::integer:
      return object_of("type", "integer");
    case Parameter::Type::boolean:
      return object_of("type", "boolean");
    case Parameter::Type::list:
      return Json{{"type", "array"}, {"items", Json::object()}};
    case Parameter::Type::filter:
      return Json{{"type", "object"}, {"additionalProperties", object_of("type", "string")}};
  }
  return Json::object();
}

Json parameters_of(const Route& route) {
  auto list = Json::array();
  for (const auto& name : path_parameters(route))
    list.push_back(
        Json{{"name", name}, {"in", "path"}, {"required", true}, {"schema", schema_of(Parameter::Type::text)}});
  if (route.changes) return list;
  for (const auto& parameter : route.parameters)
    list.push_back(Json{{"name", parameter.name},
                        {"in", "query"},
                        {"description", parameter.description},
                        {"schema", schema_of(parameter.type)}});
  return list;
}

Json body_of(const Route& route) {
  auto schema = object_of("type", "object");
  schema["additionalProperties"] = false;
  schema["properties"] = Json::object();
  auto required = Json::array();
  for (const auto& parameter : route.parameters) {
    auto property = schema_of(parameter.type);
    property["description"] = parameter.description;
    schema["properties"][parameter.name] = std::move(property);
    if (parameter.required) required.push_back(parameter.name);
  }
  const bool has_required = !required.empty();
  if (has_required) schema["required"] = std::move(required);
  auto body = object_of("content", object_of("application/json", object_of("schema", std::move(schema))));
  body["required"] = has_required;
  return body;
}

Json responses(bool is_stream) {
  const auto content = [](const char* description, const char* type) {
    return Json{{"description", description}, {"content", object_of(type, Json::object())}};
  };
  constexpr const char* kJson = "application/json";
  Json all = Json::object();
  all["200"] = is_stream ? content(
                               "Events, until the peer ends the stream. The id of each is its cursor; the header "
                               "Last-Event-ID goes on behind it",
                               "text/event-stream")
                         : content("Done", kJson);
  all["default"] = content("An error: {\"error\": {\"code\", \"message\", \"fix\"}}", kJson);
  return all;
}

Json operation_of(const Route& route) {
  auto operation = object_of("summary", route.summary);
  operation["parameters"] = parameters_of(route);
  if (route.changes) operation["requestBody"] = body_of(route);
  operation["responses"] = responses(route.action == nullptr);
  return operation;
}

}  // namespace

Json openapi_document() {
  auto document = object_of("openapi", "3.0.3");
  document["info"] = Json{{"title", "forkmill"}, {"version", FORKMILL_VERSION}};
  document["components"]["securitySchemes"]["token"] = Json{{"type", "http"}, {"scheme", "bearer"}};
  document["security"] = Json::array({object_of("token", Json::array()), Json::object()});
  for (const auto& route : routes())
    document["paths"][route.path][route.changes ? "post" : "get"] = operation_of(route);
  return document;
}

}  // namespace forkmill::web
