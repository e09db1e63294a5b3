// Searches for the task whose id begins with a text.
#include <doctest/doctest.h>

#include <deque>

#include "tests/unit/broker/queries_kit.h"

namespace id_search_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

// A search that is under way: its message has been sent, and has no reply yet.
struct Search {
  Search(Crowd& among, const Message& message) : crowd{among} { crowd.broker.send(crowd.asker, message); }
  // Returns the reply, and counts the further rounds that it took.
  Reply reply() {
    for (;; ++rounds) {
      for (Reply& one : crowd.broker.take<Reply>(crowd.asker)) replies.push_back(std::move(one));
      if (!replies.empty()) {
        Reply first = std::move(replies.front());
        replies.pop_front();
        return first;
      }
      REQUIRE(rounds < 20);
      CHECK(crowd.broker.core().next_wakeup() <= crowd.broker.now.steady);
      crowd.broker.advance(0ms);
    }
  }
  // Whether each slice had a round of its own.
  bool took_slices() const { return rounds + 1 >= kMany / forkmill::broker::IdSearch::kSlice; }

  Crowd& crowd;
  std::uint64_t rounds = 0;
  std::deque<Reply> replies{};  // further ones
};

}  // namespace

TEST_CASE("a search for the beginning of an id looks at a slice in each round, and other messages pass between") {
  Crowd crowd;
  constexpr std::uint64_t kFirst = kMany + 16;  // ids that begin alike: kFirst to kFirst + 15
  static_assert(kFirst % 16 == 0);
  crowd.broker.submit(crowd.client, {task(kFirst)});
  crowd.broker.take<SubmitAck>(crowd.client);
  Search search{crowd, Query{5, QueryKind::task, beginning_of(kFirst)}};
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  crowd.broker.submit(crowd.client, {task(kMany + 100)});
  CHECK(crowd.broker.take<SubmitAck>(crowd.client).size() == 1);
  crowd.broker.send(crowd.asker, Query{6, QueryKind::ping, ""});
  CHECK(search.reply().id == 6);
  const Reply shown = search.reply();
  CHECK(shown.id == 5);
  CHECK(shown.code == Errc::ok);
  CHECK(crowd.broker.core().next_wakeup() > crowd.broker.now.steady);
  // A beginning that no id has needs all slices, and so does that of a command.
  Search vain{crowd, Query{5, QueryKind::task, "ffffffff"}};
  const Reply unknown = vain.reply();
  CHECK(unknown.code == Errc::task_unknown);
  CHECK(unknown.text == "no task has an id that begins with 'ffffffff'");
  CHECK(vain.took_slices());
  crowd.broker.send(crowd.client, Cancel{{id(kFirst)}, {}});
  Search drop{crowd, Command{7, DropDeadLetter{beginning_of(kFirst)}}};
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  CHECK(drop.reply().text.find("is cancelled: only a task that failed is a dead letter") != std::string::npos);
  CHECK(drop.took_slices());
}

TEST_CASE("a text with which no id can begin names no task, and none is looked for") {
  Crowd crowd;
  for (const char* text :
       {"zzzzzzzz", "not an id", "0-------", "--------", "018bcfe5018bcfe5018bcfe5018bcfe5018bcfe5"}) {
    CAPTURE(text);
    Search search{crowd, Query{5, QueryKind::task, text}};
    const Reply reply = search.reply();
    CHECK(reply.code == Errc::task_unknown);
    CHECK(reply.text == "no task has an id that begins with '" + std::string{text} + "'");
    CHECK(search.rounds == 0);
  }
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  CHECK(ask(broker, client, QueryKind::task, id(1).to_string().substr(0, 8)).find("t.echo") != std::string::npos);
  for (const char* text : {"0-------", "--------"}) CHECK(ask(broker, client, QueryKind::task, text) == "task_unknown");
}

TEST_CASE("a search ends early if two tasks have the beginning, and when its asker goes away") {
  Crowd crowd;
  Search many{crowd, Query{5, QueryKind::task, id(1).to_string().substr(0, 20)}};
  CHECK(many.reply().text.starts_with("several tasks have ids that begin with"));
  CHECK(many.rounds == 0);
  const auto other = crowd.broker.client();
  Search left{crowd, Query{5, QueryKind::task, "ffffffff"}};
  crowd.broker.send(other, Query{8, QueryKind::task, beginning_of(kMany)});
  CHECK(crowd.broker.take<Reply>(other).empty());
  crowd.broker.send(crowd.asker, Goodbye{});
  int rounds = 0;
  while (crowd.broker.core().next_wakeup() <= crowd.broker.now.steady) {
    crowd.broker.advance(0ms);
    REQUIRE(++rounds < 20);
  }
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  const auto replies = crowd.broker.take<Reply>(other);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].code == Errc::ok);
}

TEST_CASE("queries that look for no id do not wait for a search, and two searches take one turn after the other") {
  Crowd crowd;
  const auto other = crowd.broker.client();
  Search vain{crowd, Query{5, QueryKind::task, "ffffffff"}};
  crowd.broker.send(crowd.asker, Query{6, QueryKind::task, "eeeeeeee"});
  crowd.broker.send(other, Query{7, QueryKind::queues, ""});
  CHECK(crowd.broker.take<Reply>(other).size() == 1);
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  CHECK(vain.reply().id == 5);
  CHECK(vain.reply().id == 6);
  CHECK(vain.took_slices());
}

TEST_CASE("a task on disk is found by the beginning of its id in slices, and then fetched") {
  Shelf shelf;
  shelf.ask(5, beginning_of(kMany));
  CHECK(shelf.rounds_until(5) + 1 >= kMany / forkmill::broker::IdSearch::kSlice);
}

TEST_CASE("a search goes on while another message of its client waits for the disk, and does not begin again") {
  Shelf shelf;
  shelf.ask(5, beginning_of(kMany));
  const std::uint64_t alone = shelf.rounds_until(5);
  REQUIRE(alone >= 3);
  shelf.ask(6, beginning_of(kMany));
  shelf.broker.hold_commits();  // and the answers of the store
  shelf.broker.send(shelf.client, Query{7, QueryKind::task, id(kMany - 1).to_string()});
  CHECK(shelf.broker.take<Reply>(shelf.client).empty());
  shelf.broker.release_commits();
  CHECK(shelf.rounds_until(6) + 2 <= alone);
}

}  // namespace id_search_test
