#include "client/web/api/route.h"

#include <doctest/doctest.h>

#include "tests/folder.h"

namespace forkmill::web::route_test {
namespace {

struct Found {
  std::string path{};
  std::map<std::string, std::string> values{};
  unsigned status = 200;
};

Found look_up(const std::string& method, const std::string& uri, const std::string& body = "") {
  static Broker broker{{.broker = "ipc:///nowhere/broker", .connect_timeout = std::chrono::milliseconds{1}}};
  static const History history;
  static ErrorGroups errors{[](std::uint64_t) { return Json::object(); }};
  static const tests::Folder folder;
  static const Audit audit{folder.path() + "/audit"};
  Call call{.broker = broker, .history = history, .errors = errors, .audit = audit};
  try {
    const auto& route = find_route({.method = method, .target = *parse_target(uri), .headers = {}, .body = body}, call);
    return {.path = route.path, .values = call.path};
  } catch (const Failure& failure) {
    return {.status = failure.status()};
  }
}

TEST_CASE("paths lead to routes, with the values of their variables") {
  CHECK(look_up("GET", "/api/v1/status").path == "/api/v1/status");
  CHECK(look_up("HEAD", "/api/v1/status").path == "/api/v1/status");
  CHECK(look_up("GET", "/api/v1/queues/a%2Fb").values.at("queue") == "a/b");
  CHECK(look_up("POST", "/api/v1/tasks/0190163d/cancel").values.at("id") == "0190163d");
  CHECK(look_up("POST", "/api/v1/tasks/cancel").path == "/api/v1/tasks/cancel");
  CHECK(look_up("GET", "/api/v1/tasks/cancel").path == "/api/v1/tasks/{id}");
}

TEST_CASE("other paths are not found, and other methods not allowed") {
  for (const char* uri : {"/", "/api", "/api/v1", "/api/v2/status", "/api/v1/status/more", "/API/v1/status"})
    CHECK_MESSAGE(look_up("GET", uri).status == 404, uri);
  CHECK(look_up("POST", "/api/v1/status").status == 405);
  CHECK(look_up("GET", "/api/v1/dead/retry/all").status == 404);
  CHECK(look_up("GET", "/api/v1/queues/mail/purge").status == 405);
}

TEST_CASE("unknown parameters are refused") {
  CHECK(look_up("GET", "/api/v1/tasks?state=ready&limit=5").status == 200);
  CHECK(look_up("GET", "/api/v1/tasks?sate=ready").status == 400);
  CHECK(look_up("GET", "/api/v1/dead?state=ready").status == 400);
  CHECK(look_up("POST", "/api/v1/tasks/cancel?dry_run=true").status == 400);
}

TEST_CASE("bodies must be objects with the keys and types of the route") {
  CHECK(look_up("POST", "/api/v1/dead/drop", R"({"filter":{},"confirm":3,"dry_run":false})").status == 200);
  CHECK(look_up("POST", "/api/v1/objects/x/remove", R"({"confirm":"x"})").status == 200);
  CHECK(look_up("POST", "/api/v1/objects/x/remove").status == 400);
  for (const char* body : {"[]", "1", "{", "null", R"({"confirm":-1})", R"({"confirm":"3"})", R"({"filter":[]})",
                           R"({"dry_run":"true"})", R"({"all":true})"})
    CHECK_MESSAGE(look_up("POST", "/api/v1/dead/drop", body).status == 400, body);
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  CHECK(look_up("POST", "/api/v1/dead/drop", R"({"filter":)" + deep + "}").status == 400);
}

}  // namespace
}  // namespace forkmill::web::route_test
