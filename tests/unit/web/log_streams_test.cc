#include "client/web/live/log_streams.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "client/web/http/failure.h"
#include "tests/eventually.h"

namespace forkmill::web::log_streams_test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr LogStreams::Limits kQuick{.streams = 16, .interval = 1ms, .beat = 1h};

// A broker with the log of one task. Threads: any may call.
class FakeBroker {
 public:
  void print(std::uint32_t attempt, const std::string& text) {
    const std::lock_guard lock{mutex_};
    texts_[attempt] += text;
    last_ = std::max(last_, attempt);
  }
  void end(std::uint32_t attempt, bool task_too) {
    const std::lock_guard lock{mutex_};
    complete_.insert(attempt);
    task_ended_ = task_too;
  }
  void fail(bool fails) {
    const std::lock_guard lock{mutex_};
    fails_ = fails;
  }
  std::size_t questions() const {
    const std::lock_guard lock{mutex_};
    return asked_.size();
  }
  std::vector<std::uint64_t> asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
  }

  AskBroker ask() {
    return [this](const Query& query) { return answer(query); };
  }

 private:
  Json answer(const Query& query) {
    const std::lock_guard lock{mutex_};
    asked_.push_back(query.from);
    if (fails_) throw Failure{503, "away", "the broker is away"};
    const std::uint32_t attempt = query.attempt == 0 ? last_ : query.attempt;
    const std::string& text = texts_[attempt];
    const std::string rest = query.from < text.size() ? text.substr(query.from) : "";
    Json page{{"id", query.argument},
              {"attempt", attempt},
              {"last_attempt", last_},
              {"from", query.from},
              {"bytes", text.size()},
              {"next", std::max<std::uint64_t>(query.from, text.size())},
              {"complete", complete_.contains(attempt)},
              {"task_ended", task_ended_},
              {"texts", Json::array()}};
    if (!rest.empty())
      page["texts"].push_back({{"position", query.from}, {"source", "stdout"}, {"level", 0}, {"text", rest}});
    return page;
  }

  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::string> texts_;
  std::set<std::uint32_t> complete_;
  std::uint32_t last_ = 0;
  bool task_ended_ = false;
  bool fails_ = false;
  std::vector<std::uint64_t> asked_;
};

Query log_of(std::uint32_t attempt = 0) {
  Query query{.kind = QueryKind::logs, .argument = "a", .filter = {}};
  query.attempt = attempt;
  return query;
}

struct Event {
  std::string id{};
  std::string name{};
  Json data{};
  std::string text() const {
    std::string texts;
    for (const auto& row : data.at("texts")) texts += row.at("text").get<std::string>();
    return texts;
  }
};

// A peer that reads a stream.
class Peer {
 public:
  explicit Peer(std::shared_ptr<EventStream> stream) : stream_{std::move(stream)} {}

  bool is_quiet() {
    read();
    return text_.empty();
  }
  Event next() {
    std::size_t end = std::string::npos;
    REQUIRE(tests::eventually([&] {
      read();
      return (end = text_.find("\n\n")) != std::string::npos;
    }));
    Event event;
    std::string lines = text_.substr(0, end + 1);
    text_.erase(0, end + 2);
    while (!lines.empty()) {
      const std::string line = lines.substr(0, lines.find('\n'));
      lines.erase(0, line.size() + 1);
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("event: ")) event.name = line.substr(7);
      if (line.starts_with("data: ")) event.data = Json::parse(line.substr(6));
    }
    return event;
  }

 private:
  void read() {
    std::array<char, 256> piece{};
    for (;;) {
      const auto size = stream_->read(
          piece.data(), piece.size(), [] {}, [] {});
      if (!size || *size == 0) return;
      text_.append(piece.data(), *size);
    }
  }

  std::shared_ptr<EventStream> stream_;
  std::string text_;
};

// Waits until the broker has been asked a few times more.
void pass(const FakeBroker& broker) {
  const auto before = broker.questions();
  REQUIRE(tests::eventually([&] { return broker.questions() > before + 3; }));
}

TEST_CASE("a stream begins with what there is, and has only what is new after that") {
  FakeBroker broker;
  broker.print(1, "one\n");
  LogStreams streams{kQuick, broker.ask()};
  Peer peer{streams.open(log_of(), "")};
  auto event = peer.next();
  CHECK(event.id == "1-4");
  CHECK(event.text() == "one\n");
  CHECK(event.data.at("from") == 0);
  pass(broker);
  CHECK(peer.is_quiet());
  broker.print(1, "two\n");
  event = peer.next();
  CHECK(event.id == "1-8");
  CHECK(event.text() == "two\n");
  CHECK(event.data.at("from") == 4);
}

TEST_CASE("a peer that comes back goes on behind its last event, and one with another id begins again") {
  FakeBroker broker;
  broker.print(1, "one\ntwo\n");
  LogStreams streams{kQuick, broker.ask()};
  CHECK(Peer{streams.open(log_of(), "1-4")}.next().text() == "two\n");
  for (const char* other : {"7-1x", "-", "1-", "nonsense", "1-99999999999999999999", "1-9223372036854775808"})
    CHECK(Peer{streams.open(log_of(), other)}.next().text() == "one\ntwo\n");
  CHECK(Peer{streams.open(log_of(1), "2-4")}.next().text() == "one\ntwo\n");  // a place in another attempt
}

TEST_CASE("a stream goes on with the next attempt, from its beginning, when one is over and read") {
  FakeBroker broker;
  broker.print(1, "first");
  LogStreams streams{kQuick, broker.ask()};
  Peer peer{streams.open(log_of(), "")};
  Peer bound{streams.open(log_of(1), "")};
  CHECK(peer.next().text() == "first");
  CHECK(bound.next().text() == "first");
  broker.print(2, "second");
  broker.print(1, " last words");
  auto event = peer.next();
  std::string text = event.text();
  broker.end(1, false);
  while (event.data.at("attempt") == 1) {
    event = peer.next();
    if (event.data.at("attempt") == 1) text += event.text();
  }
  CHECK(text == " last words");
  CHECK(event.id == "2-6");
  CHECK(event.text() == "second");
  std::string rest;
  for (event = bound.next();; event = bound.next()) {
    CHECK(event.data.at("attempt") == 1);
    rest += event.text();
    if (event.data.at("complete") == true) break;
  }
  CHECK(rest == " last words");
}

TEST_CASE("the broker is asked no more when the task has ended and its log is read") {
  FakeBroker broker;
  broker.print(1, "one");
  broker.end(1, true);
  LogStreams streams{kQuick, broker.ask()};
  Peer peer{streams.open(log_of(), "")};
  CHECK(peer.next().data.at("complete") == true);
  const auto asked = broker.questions();
  CHECK(asked == 1);
  Peer{streams.open(log_of(2), "")}.next();  // another round, and more of them
  pass(broker);
  CHECK(std::ranges::count(broker.asked(), 3U) == 0);
  CHECK(peer.is_quiet());
}

TEST_CASE("a peer that reads slowly gets all of it, and the broker is not asked meanwhile") {
  FakeBroker broker;
  broker.print(1, "one ");
  LogStreams streams{kQuick, broker.ask()};
  const auto stream = streams.open(log_of(), "");
  REQUIRE(tests::eventually([&] { return broker.questions() == 1; }));
  broker.print(1, "two ");
  const auto other = streams.open(log_of(1), "");
  REQUIRE(tests::eventually([&] { return broker.questions() == 2; }));
  broker.print(1, "three");
  Peer peer{stream};
  CHECK(peer.next().text() == "one ");
  CHECK(peer.next().text() == "two three");
  CHECK(Peer{other}.next().text() == "one two ");
}

TEST_CASE("an error is told once, and the stream goes on where it was") {
  FakeBroker broker;
  broker.print(1, "one");
  LogStreams streams{kQuick, broker.ask()};
  Peer peer{streams.open(log_of(), "")};
  CHECK(peer.next().text() == "one");
  broker.fail(true);
  const auto failure = peer.next();
  CHECK(failure.name == "failure");
  CHECK(failure.id.empty());
  CHECK(failure.data.at("error").at("code") == "away");
  pass(broker);
  CHECK(peer.is_quiet());
  broker.print(1, "two");
  broker.fail(false);
  CHECK(peer.next().text() == "two");
}

TEST_CASE("peers at the same place share a question, and streams are limited") {
  FakeBroker broker;
  broker.print(1, "one");
  broker.end(1, true);
  LogStreams streams{{.streams = 3, .interval = 1h, .beat = 1h}, broker.ask()};
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.emplace_back(streams.open(log_of(), ""));
  CHECK_THROWS_AS(streams.open(log_of(), ""), Failure);
  for (auto& peer : peers) CHECK(peer.next().text() == "one");
  CHECK(broker.questions() <= 3);
}

TEST_CASE("streams of logs end with their owner, and room comes back when one ends") {
  FakeBroker broker;
  std::shared_ptr<EventStream> last;
  {
    LogStreams streams{{.streams = 3, .interval = 1ms, .beat = 1h}, broker.ask()};
    const auto first = streams.open(log_of(), "");
    streams.open(log_of(), "");
    streams.open(log_of(), "");
    first->end();
    last = streams.open(log_of(), "");
    CHECK_FALSE(last->ended());
  }
  CHECK(last->ended());
}

}  // namespace
}  // namespace forkmill::web::log_streams_test
