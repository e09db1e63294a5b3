#include "client/web/http/address.h"

#include <doctest/doctest.h>

namespace forkmill::web::address_test {
namespace {

TEST_CASE("addresses are IP addresses with a port") {
  CHECK(parse_address("127.0.0.1:7118")->text() == "127.0.0.1:7118");
  CHECK(parse_address("localhost:0")->text() == "127.0.0.1:0");
  CHECK(parse_address("[::1]:*")->text() == "[::1]:0");
  for (const char* text : {"", "7118", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:80x",
                           "host:80", "::1:80", "[::1]", "[]:80", "[127.0.0.1]:80", ":80"})
    CHECK_MESSAGE(!parse_address(text), text);
}

TEST_CASE("only addresses of this machine are loopback") {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"})
    CHECK_MESSAGE(parse_address(text)->is_loopback(), text);
  for (const char* text : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[fe80::1]:1", "[::ffff:10.0.0.1]:1"})
    CHECK_MESSAGE(!parse_address(text)->is_loopback(), text);
}

TEST_CASE("the port of a host is cut off") {
  CHECK(host_without_port("LocalHost:7118") == "localhost");
  CHECK(host_without_port("localhost") == "localhost");
  CHECK(host_without_port("[::1]:7118") == "[::1]");
  CHECK(host_without_port("[::1]") == "[::1]");
  CHECK(host_without_port("").empty());
}

}  // namespace
}  // namespace forkmill::web::address_test
