#include "client/web/api/filters.h"

#include <doctest/doctest.h>

namespace forkmill::web::filters_test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the parameters of a list become a filter") {
  const auto filter = read_filter({{"id", "0190"},
                                   {"queue", "mail"},
                                   {"task", "send"},
                                   {"state", "ready"},
                                   {"error", "time"},
                                   {"argument", "@example.org"},
                                   {"since", "10m"}},
                                  1'000'000s);
  CHECK(filter.id == "0190");
  CHECK(filter.queue == "mail");
  CHECK(filter.name == "send");
  CHECK(filter.state == "ready");
  CHECK(filter.text == "time");
  CHECK(filter.arguments == "@example.org");
  CHECK(filter.since == 1'000'000s - 10min);
  CHECK(filter.until == 0ms);
  CHECK_THROWS_AS(read_filter({{"until", "soon"}}, 0ms), Failure);
}

TEST_CASE("a number that is none, or out of range, is refused") {
  CHECK(read_number({}, "limit", 1, 10, 5) == 5);
  CHECK(read_number({{"limit", "10"}}, "limit", 1, 10, 5) == 10);
  for (const char* text : {"", "0", "11", "-1", "1.5", "0x5", " 5", "5 ", "99999999999999999999999"})
    CHECK_THROWS_AS(read_number({{"limit", text}}, "limit", 1, 10, 5), Failure);
}

TEST_CASE("the parameters of a stream of events become a filter, and a cursor cannot begin a line of the stream") {
  const auto filter = read_event_filter(
      {{"id", "0190"}, {"queue", "mail"}, {"task", "send"}, {"state", "failed"}, {"after", "bf92ccb49d45d55b-3"}});
  CHECK(filter.id == "0190");
  CHECK(filter.queue == "mail");
  CHECK(filter.name == "send");
  CHECK(filter.state == "failed");
  CHECK(filter.after == "bf92ccb49d45d55b-3");
  CHECK(read_event_filter({}).after.empty());
  for (const char* cursor : {"b-3\n\ndata: forged", "b-3\rdata: forged"})
    CHECK_THROWS_AS(read_event_filter({{"after", cursor}}), Failure);
}

TEST_CASE("the filter of a body has the parameters of the list alone") {
  CHECK(filter_of_body(Json::parse(R"({"filter":{"queue":"mail"}})"), false) == Parameters{{"queue", "mail"}});
  CHECK(filter_of_body(Json::object(), false).empty());
  for (const char* body :
       {R"({"filter":{"state":"ready"}})", R"({"filter":{"queue":1}})", R"({"filter":{"limit":"1"}})"})
    CHECK_THROWS_AS(filter_of_body(Json::parse(body), false), Failure);
  CHECK(filter_of_body(Json::parse(R"({"filter":{"state":"ready"}})"), true).at("state") == "ready");
}

}  // namespace
}  // namespace forkmill::web::filters_test
