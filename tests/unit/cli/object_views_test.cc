#include "client/cli/views/objects.h"

#include <doctest/doctest.h>

#include "client/cli/text/values.h"
#include "client/cli/views/json.h"

namespace forkmill::cli::object_views_test {
namespace {

TEST_CASE("objects are shown as rows, with more columns in wide") {
  const auto body = Json::parse(R"({"objects":[{"name":"build:lock","kind":"lock","durable":true,"size":0,"held":1,
    "waiting":2,"owner":"","id":7}]})");
  CHECK(object_table(body).render(Format::table, true) ==
        "NAME        KIND  DURABLE  SIZE  HELD  WAITING\nbuild:lock  lock  yes         0     1        2\n");
  CHECK(Json::parse(object_table(body).render(Format::jsonl, true))["durable"] == true);
}

TEST_CASE("names of holders that are not UTF-8, or could control a terminal, are shown by escapes") {
  const Json name = Json{{"base64", base64("a\x1b[2J\xff")}};
  const Json body{{"object", {{"name", name}, {"kind", "lock"}}},
                  {"holders", Json::array({{{"peer", {{"client", name}, {"host", "a"}, {"pid", 42}}}, {"count", 1}}})}};
  const auto text = render_object_details(body, Format::table);
  CHECK(text.find("  a\\x1b[2J\\xff\n") != std::string::npos);
  CHECK(text.find("holder   a\\x1b[2J\\xff on a, pid 42") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  for (const std::string_view bytes : {"", "a", "ab", "abc", "\xff\x01\x80 longer"})
    CHECK(from_base64(base64(bytes)) == bytes);
}

TEST_CASE("an object is shown with its holders and waiters") {
  const auto body = Json::parse(R"({"object":{"name":"build:lock","kind":"lock","durable":false,"size":0},
    "holders":[{"peer":{"client":"make","host":"a","pid":42},"who":1,"count":2,"token":5}],
    "waiters":[{"peer":{"client":"make","host":"","pid":0},"who":2,"verb":"acquire","waiting_ms":1500}]})");
  CHECK(render_object_details(body, Format::table) ==
        "name     build:lock\n"
        "kind     lock\n"
        "durable  false\n"
        "size     0\n"
        "holder   make on a, pid 42, count 2, token 5\n"
        "waiter   (disconnected), acquire, for 1.5s\n");
  const auto json = Json::parse(render_object_details(body, Format::json));
  CHECK(json["holders"] == body["holders"]);
  CHECK(json["waiters"] == body["waiters"]);
  CHECK(json["object"]["kind"] == "lock");
  CHECK(json["object"]["owner"].is_null());
}

}  // namespace
}  // namespace forkmill::cli::object_views_test
