// The header traceparent, and the ids of the spans of a task.
#include "proto/wire/trace_context.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "proto/wire/task_headers.h"

namespace trace_context_test {

using namespace forkmill;
using namespace forkmill::proto;

namespace {

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

TaskId id() { return *TaskId::parse("0190163d-8694-739b-aea5-966c26f8ad91"); }

}  // namespace

TEST_CASE("a traceparent has the trace, the span of the parent, and whether it is sampled") {
  const auto parent = TraceParent::parse(kParent);
  REQUIRE(parent);
  CHECK(parent->trace_id == kTrace);
  CHECK(parent->span_id == "00f067aa0ba902b7");
  CHECK(parent->is_sampled());
  CHECK(parent->to_string() == kParent);
  const auto unsampled = TraceParent::parse("00-" + kTrace + "-00f067aa0ba902b7-00");
  REQUIRE(unsampled);
  CHECK_FALSE(unsampled->is_sampled());
}

TEST_CASE("a traceparent of a later version may have more at its end, and flags that are not known are not passed on") {
  const auto later = TraceParent::parse("cc-" + kTrace + "-00f067aa0ba902b7-ff-what-the-future-will-be-like");
  REQUIRE(later);
  CHECK(later->to_string() == "00-" + kTrace + "-00f067aa0ba902b7-03");
}

TEST_CASE("a text that is no traceparent is refused") {
  const std::string zeros(32, '0');
  for (const std::string& text : std::vector<std::string>{
           "",
           "00-1-2-01",
           "ff-" + kTrace + "-00f067aa0ba902b7-01",
           "0g-" + kTrace + "-00f067aa0ba902b7-01",
           "00-" + kTrace + "-00f067aa0ba902b7-01-more",
           "01-" + kTrace + "-00f067aa0ba902b7-01more",
           "00-" + kTrace + "-00f067aa0ba902b7-0",
           "00-" + kTrace + "-00f067aa0ba902b7-0x",
           "00-" + zeros + "-00f067aa0ba902b7-01",
           "00-" + kTrace + "-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00_" + kTrace + "-00f067aa0ba902b7-01",
       }) {
    CAPTURE(text);
    CHECK_FALSE(TraceParent::parse(text));
  }
}

TEST_CASE("the ids of spans are those that the protocol describes") {
  CHECK(span_id(id(), TaskSeq{1042}, Attempt{0}, TaskSpan::task) == "634cd586bfd94c6a");
  CHECK(span_id(id(), TaskSeq{1042}, Attempt{1}, TaskSpan::waited) == "39829bba2401d3dd");
  CHECK(span_id(id(), TaskSeq{1042}, Attempt{1}, TaskSpan::ran) == "1be354694a677ae4");
  CHECK(own_trace_id(id()) == "0190163d8694739baea5966c26f8ad91");
}

TEST_CASE("each span of each attempt of each task has an id of its own") {
  std::set<std::string> ids;
  std::size_t made = 0;
  for (const std::uint64_t seq : {1, 2, 1042}) {
    for (const std::uint32_t attempt : {0, 1, 2, 255, 256}) {
      for (const auto span : {TaskSpan::task, TaskSpan::waited, TaskSpan::ran}) {
        ids.insert(span_id(id(), TaskSeq{seq}, Attempt{attempt}, span));
        ids.insert(span_id(TaskId{}, TaskSeq{seq}, Attempt{attempt}, span));
        made += 2;
      }
    }
  }
  CHECK(ids.size() == made);
}

TEST_CASE("the parent of a handler is the span of its attempt, if the trace is sampled") {
  const Grant grant{Epoch{3}, TaskSeq{1042}, Attempt{1}};
  const auto parent_of = [&](const std::string& traceparent) {
    const auto headers =
        with_attempt_as_parent({{"tenant", "a"}, {"traceparent", traceparent}, {"tracestate", "x=1"}}, id(), grant);
    CHECK(header(headers, "tenant") == "a");
    CHECK(header(headers, "tracestate") == "x=1");
    return std::string{header(headers, "traceparent")};
  };
  CHECK(parent_of(kParent) == "00-" + kTrace + "-1be354694a677ae4-01");
  for (const std::string& kept : std::vector<std::string>{"00-1-2-01", "00-" + kTrace + "-00f067aa0ba902b7-00"})
    CHECK(parent_of(kept) == kept);
  CHECK(with_attempt_as_parent({}, id(), grant).empty());
}

}  // namespace trace_context_test
