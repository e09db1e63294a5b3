// The events of all shards as those of one broker.
#include "client/shards/event_rounds.h"

#include <doctest/doctest.h>

#include <map>
#include <msgpack.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace event_rounds_test {

using namespace forkmill;
using namespace forkmill::client;

namespace {

using Row = std::map<std::string, msgpack::object>;

constexpr Cookie kOther = 1000;

struct Shards {
  explicit Shards(std::uint32_t shards) : count{shards} {}

  // Returns the shards that are asked.
  std::vector<std::uint32_t> ask(const std::string& cursor, Cookie cookie, const std::string& queue = "") {
    proto::Query query{0, proto::QueryKind::events, cursor};
    query.filter.queue = queue;
    Effects effects;
    std::vector<std::uint32_t> asked;
    for (const auto& part : rounds.begin({query, cookie}, count, effects)) {
      asked.push_back(part.shard);
      under_way[part.shard].push_back(std::get<AskBroker>(part.request));
    }
    for (auto& one : effects.answered) answered.push_back(std::move(one));
    return asked;
  }
  // A shard answers its oldest question.
  void answer(std::uint32_t shard, const std::string& text, Errc code = Errc::ok) {
    auto& questions = under_way[shard];
    REQUIRE_FALSE(questions.empty());
    Effects effects;
    effects.answered.push_back({questions.front().cookie, {0, code, text, proto::Payload::own(std::string{text})}});
    effects.answered.push_back({kOther, {}});  // goes to another waiter
    questions.erase(questions.begin());
    rounds.collect(effects);
    for (auto& one : effects.answered)
      if (one.cookie != kOther) answered.push_back(std::move(one));
  }
  // The last answer: its cursor, and the kinds of its events with their own cursors.
  std::string last() {
    REQUIRE_FALSE(answered.empty());
    const auto bytes = answered.back().reply.body.view();
    const auto handle = msgpack::unpack(bytes.data(), bytes.size());
    const auto body = handle.get().as<Row>();
    std::string text;
    for (const auto& event : body.at("events").as<std::vector<Row>>())
      text += event.at("kind").as<std::string>() + " " + event.at("cursor").as<std::string>() + "; ";
    return text + body.at("cursor").as<std::string>();
  }

  std::uint32_t count;
  EventRounds rounds;
  std::map<std::uint32_t, std::vector<AskBroker>> under_way;
  std::vector<Effects::Answered> answered;
};

struct Event {
  std::uint64_t at;
  std::uint64_t time_ms;
};

std::string answer_of(const std::string& run, std::uint64_t next, const std::vector<Event>& events = {},
                      std::pair<std::uint64_t, std::uint64_t> missed = {}) {
  std::ostringstream out;
  msgpack::packer packer{out};
  packer.pack_map(missed.second > 0 ? 4 : 3);
  packer.pack("run");
  packer.pack(run);
  packer.pack("cursor");
  packer.pack(run + "-" + std::to_string(next));
  if (missed.second > 0) {
    packer.pack("missed");
    packer.pack(std::map<std::string, std::uint64_t>{{"from", missed.first}, {"to", missed.second}});
  }
  packer.pack("events");
  packer.pack_array(static_cast<std::uint32_t>(events.size()));
  for (const Event& event : events) {
    packer.pack_map(3);
    packer.pack("at");
    packer.pack(event.at);
    packer.pack("kind");
    packer.pack("ready" + std::to_string(event.at));
    packer.pack("time_ms");
    packer.pack(event.time_ms);
  }
  return out.str();
}

using Asked = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("the present cursor is that of all shards") {
  Shards shards{3};
  CHECK(shards.ask("", 2) == Asked{1, 2, 3});
  for (const std::uint32_t shard : {2U, 3U}) shards.answer(shard, answer_of("r" + std::to_string(shard), 5));
  CHECK(shards.answered.empty());
  shards.answer(1, answer_of("r1", 7));
  REQUIRE(shards.answered.size() == 1);
  CHECK(shards.answered[0].cookie == 2);
  CHECK(shards.last() == "r1-7,r2-5,r3-5");
}

TEST_CASE("a shard that has events answers for all, and the others are not asked twice") {
  Shards shards{2};
  shards.ask("r1-7,r2-5", 2);
  CHECK(shards.under_way[2][0].query.argument == "r2-5");
  shards.answer(2, answer_of("r2", 7, {{5, 100}, {6, 100}}));
  CHECK(shards.last() == "ready5 r1-7,r2-6; ready6 r1-7,r2-7; r1-7,r2-7");
  CHECK(shards.ask("r1-7,r2-7", 4) == Asked{2});
  shards.answer(1, answer_of("r1", 8, {{7, 200}}));
  CHECK(shards.answered.size() == 2);
  CHECK(shards.answered[1].cookie == 4);
  CHECK(shards.last() == "ready7 r1-8,r2-7; r1-8,r2-7");

  SUBCASE("an answer that came between two rounds is given at once") {
    shards.answer(2, answer_of("r2", 8, {{7, 250}}));
    CHECK(shards.answered.size() == 2);
    CHECK(shards.ask("r1-8,r2-7", 6) == Asked{1});
    REQUIRE(shards.answered.size() == 3);
    CHECK(shards.last() == "ready7 r1-8,r2-8; r1-8,r2-8");
  }
  SUBCASE("a question with another filter, or behind another cursor, is another one") {
    CHECK(shards.ask("r1-8,r2-7", 6, "mail") == Asked{1, 2});
    CHECK(shards.ask("r1-8,r2-6", 8) == Asked{1, 2});
  }
}

TEST_CASE("events of shards in one answer are in the order of time, and what a shard has missed comes before its own") {
  Shards shards{2};
  shards.ask("r1-1,r2-1", 2);
  shards.answer(1, answer_of("r1", 3, {{1, 100}, {2, 300}}));
  CHECK(shards.ask("r1-3,r2-1", 4) == Asked{1});
  shards.answer(1, answer_of("r1", 4, {{3, 500}}));
  shards.answer(2, answer_of("r9", 9, {{7, 400}, {8, 600}}, {2, 7}));
  CHECK(shards.ask("r1-4,r2-1", 6) == Asked{1});
  CHECK(shards.last() == "missed r1-4,r9-7; ready7 r1-4,r9-8; ready8 r1-4,r9-9; r1-4,r9-9");
  Shards three{3};
  three.ask("a-1,b-1,c-1", 2);
  three.answer(1, answer_of("a", 2, {{1, 300}}));
  three.answer(2, answer_of("b", 2, {{1, 300}}));
  three.answer(3, answer_of("c", 4, {{2, 200}, {3, 400}}));
  CHECK(three.ask("a-2,b-1,c-1", 4) == Asked{1});
  CHECK(three.last() == "ready2 a-2,b-1,c-3; ready1 a-2,b-2,c-3; ready3 a-2,b-2,c-4; a-2,b-2,c-4");
}

TEST_CASE("a failure of one shard is the answer, and a cursor of another cluster is refused") {
  Shards shards{2};
  shards.ask("r1-7,r2-5", 2);
  shards.answer(2, "a position that has not happened", Errc::bad_request);
  REQUIRE(shards.answered.size() == 1);
  CHECK(shards.answered[0].reply.code == Errc::bad_request);
  CHECK(shards.ask("r1-7", 4).empty());
  CHECK(shards.answered.back().cookie == 4);
  CHECK(shards.answered.back().reply.text.find("not a cursor of a cluster with 2 shards") != std::string::npos);
  shards.ask("r1-7,r2-5", 6);
  shards.answer(2, "\xc1");  // no msgpack
  CHECK(shards.answered.back().reply.code == Errc::malformed);
}

TEST_CASE("a failure that comes between two rounds is not that of the next one, which asks again") {
  Shards shards{2};
  shards.ask("r1-7,r2-5", 2);
  shards.answer(2, answer_of("r2", 6, {{5, 100}}));
  shards.answer(1, "too many clients watch events", Errc::too_many_waiting);
  CHECK(shards.answered.size() == 1);
  CHECK(shards.ask("r1-7,r2-6", 4) == Asked{1, 2});
  CHECK(shards.answered.size() == 1);
  shards.answer(1, answer_of("r1", 8, {{7, 200}}));
  CHECK(shards.last() == "ready7 r1-8,r2-6; r1-8,r2-6");
}

TEST_CASE("answers that no round asks for again are forgotten in the end, and later ones dropped") {
  Shards shards{2};
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const auto at = std::to_string(i);
    shards.ask("r1-" + at + ",r2-" + at, 2 * i);
    shards.answer(2, answer_of("r2", 100));
  }
  CHECK(shards.under_way[1].size() == 20);
  for (int i = 0; i < 20; ++i) shards.answer(1, answer_of("r1", 50));
  CHECK(shards.answered.size() == 20);  // one of each round
  CHECK(shards.ask("r1-1,r2-200", 50) == Asked{1, 2});
  CHECK(shards.ask("r1-20,r2-300", 52) == Asked{2});
  CHECK(shards.answered.size() == 21);
}

}  // namespace event_rounds_test
