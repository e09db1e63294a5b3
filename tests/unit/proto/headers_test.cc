#include "proto/wire/task_headers.h"

#include <doctest/doctest.h>

#include "proto/limits.h"

namespace headers_test {

using namespace forkmill;
using namespace forkmill::proto;

TEST_CASE("headers have names of a few characters, each once, in their order, and values without control characters") {
  CHECK(check_headers({}).ok());
  CHECK(check_headers({{"baggage", ""}, {"traceparent", "00-1-2-01"}, {"x.y_z-1", "ä = b"}}).ok());
  for (const char* name : {"", "Traceparent", "a b", "a:b", "a=b", "a\n"})
    CHECK(check_headers({{name, "1"}}).code() == Errc::name_invalid);
  CHECK(check_headers({{std::string(limits::kMaxName + 1, 'a'), ""}}).code() == Errc::name_invalid);
  CHECK(check_headers({{"b", "1"}, {"a", "1"}}).code() == Errc::name_invalid);
  CHECK(check_headers({{"a", "1"}, {"a", "2"}}).code() == Errc::name_invalid);
  for (const char* value : {"one\ntwo", "\x01", "\x7f"})
    CHECK(check_headers({{"a", value}}).code() == Errc::name_invalid);
}

TEST_CASE("headers are bounded in number and in bytes") {
  TaskHeaders headers;
  for (std::size_t i = 0; i < limits::kMaxHeaders; ++i) headers.push_back({std::string(i + 1, 'a'), ""});
  CHECK(check_headers(headers).ok());
  headers.push_back({"b", ""});
  CHECK(check_headers(headers).code() == Errc::option_out_of_range);
  CHECK(check_headers({{"a", std::string(limits::kMaxHeaderBytes - 1, 'x')}}).ok());
  CHECK(check_headers({{"a", std::string(limits::kMaxHeaderBytes, 'x')}}).code() == Errc::option_out_of_range);
}

TEST_CASE("a header is found by its name, and headers come back from their lines") {
  const TaskHeaders headers{{"baggage", ""}, {"traceparent", "00-1-2-01"}};
  CHECK(header(headers, "traceparent") == "00-1-2-01");
  CHECK(header(headers, "tracestate").empty());
  CHECK(header_lines(headers) == "baggage\n\ntraceparent\n00-1-2-01\n");
  CHECK(headers_in(header_lines(headers)) == headers);
  CHECK(headers_in("").empty());
  CHECK(header_bytes(headers) == 27);
  TaskSpec spec;
  spec.options.headers = headers;
  CHECK(given_bytes(spec, 10) == 37);
}

}  // namespace headers_test
