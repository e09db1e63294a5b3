#include "client/web/live/live_updates.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>

#include "client/web/http/failure.h"
#include "client/web/live/repeating_thread.h"
#include "tests/eventually.h"

namespace forkmill::web::live_updates_test {
namespace {

using namespace std::chrono_literals;

constexpr WatchLimits kQuick{.streams = 3, .things = 2, .interval = 1ms, .beat = 1h};

Request get(const std::string& uri) { return {.method = "GET", .target = *parse_target(uri), .headers = {}}; }

// Everything that can be read now.
std::string read(EventStream& stream) {
  std::string text;
  std::array<char, 256> piece{};
  for (;;) {
    const auto size = stream.read(
        piece.data(), piece.size(), [] {}, [] {});
    if (!size || *size == 0) return text;
    text.append(piece.data(), *size);
  }
}

// Waits for an event and returns it.
std::string next(EventStream& stream) {
  std::string text;
  REQUIRE(tests::eventually([&] { return !(text = read(stream)).empty(); }));
  return text;
}

TEST_CASE("a watch begins with the present answer, and tells changes only") {
  std::atomic<int> answer = 1;
  std::atomic<int> evaluations = 0;
  LiveUpdates watches{kQuick, 7, [&](const Request&) {
                        ++evaluations;
                        return std::to_string(answer.load());
                      }};
  const auto stream = watches.open(get("/a"), "");
  CHECK(next(*stream) == "id: 7-1\ndata: 1\n\n");
  const int before = evaluations;
  REQUIRE(tests::eventually([&] { return evaluations > before + 3; }));
  CHECK(read(*stream).empty());
  answer = 2;
  CHECK(next(*stream) == "id: 7-2\ndata: 2\n\n");
}

TEST_CASE("a peer that comes back is told what is new to it") {
  LiveUpdates watches{kQuick, 7, [](const Request&) { return std::string{"1"}; }};
  const auto first = watches.open(get("/a"), "");
  CHECK(next(*first) == "id: 7-1\ndata: 1\n\n");
  const auto same = watches.open(get("/a"), "7-1");
  CHECK(read(*same).empty());
  const auto older = watches.open(get("/a"), "6-1");
  CHECK(read(*older) == "id: 7-1\ndata: 1\n\n");
}

TEST_CASE("a failure is an event, once") {
  LiveUpdates watches{kQuick, 7, [](const Request&) -> std::string {
                        throw Failure{503, "away", "the broker is away"};
                      }};
  const auto stream = watches.open(get("/a"), "");
  CHECK(next(*stream) ==
        "id: 7-1\nevent: failure\ndata: {\"error\":{\"code\":\"away\",\"message\":\"the broker is "
        "away\",\"fix\":null}}\n\n");
  CHECK(read(*stream).empty());
}

TEST_CASE("streams and what they watch are limited, and room comes back when streams end") {
  LiveUpdates watches{kQuick, 7, [](const Request& request) { return request.target.path.at(0); }};
  const auto a = watches.open(get("/a"), "");
  const auto b = watches.open(get("/b"), "");
  CHECK_THROWS_AS(watches.open(get("/c"), ""), Failure);
  const auto again = watches.open(get("/b"), "");
  CHECK_THROWS_AS(watches.open(get("/b"), ""), Failure);
  a->end();
  CHECK(next(*watches.open(get("/c"), "")).ends_with("data: c\n\n"));
}

TEST_CASE("streams end with the watches") {
  std::shared_ptr<EventStream> stream;
  {
    LiveUpdates watches{kQuick, 7, [](const Request&) { return std::string{"1"}; }};
    stream = watches.open(get("/a"), "");
  }
  CHECK(stream->ended());
}

TEST_CASE("what is done every time ends with its owner") {
  std::atomic<int> calls = 0;
  {
    const RepeatingThread every{1ms, [&] { ++calls; }};
    REQUIRE(tests::eventually([&] { return calls > 3; }));
  }
  const RepeatingThread once{1h, [&] { calls = -1; }};
  CHECK(tests::eventually([&] { return calls == -1; }));
}

}  // namespace
}  // namespace forkmill::web::live_updates_test
