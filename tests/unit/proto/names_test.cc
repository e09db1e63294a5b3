// Names, endpoints and texts with a maximum size.
#include "proto/names.h"

#include <doctest/doctest.h>

#include <string>

#include "proto/text.h"

namespace names_test {

using namespace forkmill::proto;

TEST_CASE("an endpoint to connect to has a host and a port, or a path that a socket can have") {
  for (const char* good : {"tcp://127.0.0.1:7117", "tcp://[::1]:1", "tcp://broker:65535", "ipc:///run/broker"}) {
    CHECK_MESSAGE(is_endpoint(good), good);
  }
  for (const char* bad : {"", "tcp://", "tcp://:7117", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:99999",
                          "tcp://host:65536", "tcp://host:-1", "tcp://host:*", "tcp://host:1x", "ipc://", "host:7117",
                          "http://host:80", "inproc://a"}) {
    CHECK_MESSAGE(!is_endpoint(bad), bad);
  }
  CHECK(is_endpoint("ipc://" + std::string(107, 'x')));
  CHECK_FALSE(is_endpoint("ipc://" + std::string(108, 'x')));
}

TEST_CASE("an endpoint to listen on may have any port, and what is none is said with an example") {
  for (const char* good : {"tcp://127.0.0.1:7117", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "ipc:///run/broker"})
    CHECK_MESSAGE(is_listen_endpoint(good), good);
  for (const char* bad : {"", "7117", ":*", "tcp://:*", "tcp://", "tcp://host", "http://host:*", "ipc://"})
    CHECK_MESSAGE(!is_listen_endpoint(bad), bad);
  CHECK(not_an_endpoint("7117") == "'7117' is not an endpoint: write tcp://127.0.0.1:7117 or ipc://PATH");
  CHECK(not_an_endpoint("host") == "'host' is not an endpoint: write tcp://HOST:PORT or ipc://PATH");
}

TEST_CASE("endpoints of brokers that stand by for each other have commas between") {
  using Endpoints = std::vector<std::string>;
  CHECK(split_endpoints("tcp://a:1,ipc:///run/b,tcp://c:3") == Endpoints{"tcp://a:1", "ipc:///run/b", "tcp://c:3"});
  CHECK(split_endpoints("ipc:///run/a,b") == Endpoints{"ipc:///run/a,b"});
  CHECK(is_endpoint_list("tcp://a:1"));
  CHECK(is_endpoint_list("tcp://a:1,tcp://b:1"));
  for (const char* bad : {"", "tcp://a:1,", ",tcp://a:1", "tcp://a:1,tcp://b", "tcp://a:1,,tcp://b:1", "a,tcp://b:1",
                          "tcp://a:1, tcp://b:1", "tcp://a:1,b:1"})
    CHECK_MESSAGE(!is_endpoint_list(bad), bad);
}

TEST_CASE("a text is not cut inside a character") {
  CHECK(first_bytes("abc", 3) == "abc");
  CHECK(first_bytes("abc", 2) == "ab");
  CHECK(first_bytes("a\u00e4", 2) == "a");
  CHECK(first_bytes("a\u00e4", 3) == "a\u00e4");
  CHECK(first_bytes("\U0001F600", 3).empty());
  CHECK(first_bytes("\u20ac\u20ac", 5) == "\u20ac");
  CHECK(first_bytes("abc", 0).empty());
}

TEST_CASE("a text that is not UTF-8 is cut at its maximum") {
  const std::string bytes(8, '\x80');
  CHECK(first_bytes(bytes, 5).size() == 5);
}

}  // namespace names_test
