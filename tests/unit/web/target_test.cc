#include "client/web/http/target.h"

#include <doctest/doctest.h>

namespace forkmill::web::target_test {
namespace {

using Path = std::vector<std::string>;

TEST_CASE("a target is split first and decoded afterwards") {
  const auto target = parse_target("/api/v1/queues/a%2Fb?since=10m&error=no+room%21&empty=");
  REQUIRE(target);
  CHECK(target->path == Path{"api", "v1", "queues", "a/b"});
  CHECK(target->query == std::map<std::string, std::string>{{"since", "10m"}, {"error", "no room!"}, {"empty", ""}});
}

TEST_CASE("the root has no segments, and a query may be empty") {
  CHECK(parse_target("/")->path.empty());
  CHECK(parse_target("/?")->query.empty());
  CHECK(parse_target("/a?&&b&")->query == std::map<std::string, std::string>{{"b", ""}});
  CHECK(parse_target("/a+b")->path == Path{"a+b"});
}

TEST_CASE("paths that walk, that are empty in between or that are none are refused") {
  for (const char* uri : {"", "a", "*", "http://host/", "//", "//etc/passwd", "/a//b", "/a/", "/..", "/a/../b", "/.",
                          "/%2e%2e/etc", "/a/%2E/b"})
    CHECK_MESSAGE(!parse_target(uri), uri);
}

TEST_CASE("incomplete escapes and control characters are refused") {
  for (const char* uri :
       {"/%", "/%2", "/%zz", "/a?b=%", "/a?%G0=1", "/%00", "/a?b=%0d%0aSet-Cookie:x", "/a%7f", "/a?b=\x01", "/\x1b[2J"})
    CHECK_MESSAGE(!parse_target(uri), uri);
}

TEST_CASE("a parameter that is given twice is refused") {
  CHECK(!parse_target("/a?state=ready&state=failed"));
  CHECK(!parse_target("/a?state=ready&st%61te=failed"));
}

TEST_CASE("long targets, deep paths and many parameters are refused") {
  CHECK(parse_target("/" + std::string(Target::kMaxBytes - 1, 'a')));
  CHECK(!parse_target("/" + std::string(Target::kMaxBytes, 'a')));
  std::string deep;
  for (std::size_t i = 0; i < Target::kMaxSegments; ++i) deep += "/a";
  CHECK(parse_target(deep));
  CHECK(!parse_target(deep + "/a"));
  std::string many = "/?";
  for (std::size_t i = 0; i < Target::kMaxParameters; ++i) many += "p" + std::to_string(i) + "&";
  CHECK(parse_target(many));
  CHECK(!parse_target(many + "one"));
}

TEST_CASE("what is encoded comes back as it was") {
  const std::string text = "a/b?c&d=e+f %\xc3\xa4";
  CHECK(encode_component(text) == "a%2Fb%3Fc%26d%3De%2Bf%20%25%C3%A4");
  CHECK(parse_target("/" + encode_component(text))->path == Path{text});
  CHECK(parse_target("/?q=" + encode_component(text))->query.at("q") == text);
}

}  // namespace
}  // namespace forkmill::web::target_test
