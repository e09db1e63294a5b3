#include "client/web/api/openapi.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "client/web/api/route.h"

namespace forkmill::web::openapi_test {
namespace {

TEST_CASE("the description has an operation for each route, and no others") {
  const auto document = openapi_document();
  CHECK(document.at("openapi") == "3.0.3");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document.at("paths").items()) operations += methods.size();
  CHECK(operations == routes().size());
  for (const auto& route : routes()) {
    const auto& operation = document.at("paths").at(route.path).at(route.changes ? "post" : "get");
    CHECK(operation.at("summary") == route.summary);
    CHECK(operation.contains("requestBody") == route.changes);
    CHECK(operation.at("responses").contains("200"));
  }
}

TEST_CASE("each variable in a path is a required parameter") {
  const auto document = openapi_document();
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::set<std::string> names;
      for (const auto& parameter : operation.at("parameters")) {
        if (parameter.at("in") != "path") continue;
        CHECK(parameter.at("required") == true);
        names.insert(parameter.at("name"));
      }
      for (const auto& name : names) CHECK(path.find("{" + name + "}") != std::string::npos);
      CHECK(static_cast<std::size_t>(std::count(path.begin(), path.end(), '{')) == names.size());
    }
  }
}

TEST_CASE("the keys of bodies are described, and which of them are required") {
  const auto document = openapi_document();
  const auto& body = document.at("paths").at("/api/v1/objects/{name}/remove").at("post").at("requestBody");
  const auto& schema = body.at("content").at("application/json").at("schema");
  CHECK(body.at("required") == true);
  CHECK(schema.at("properties").at("confirm").at("type") == "string");
  CHECK(schema.at("required") == Json::array({"confirm"}));
}

}  // namespace
}  // namespace forkmill::web::openapi_test
