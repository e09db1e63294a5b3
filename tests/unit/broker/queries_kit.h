// Kits for the tests of queries: how they are asked, and brokers with more tasks than one round looks at.
#pragma once

#include <map>
#include <msgpack.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "proto/wire/codec.h"
#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test {

// Returns the body of the reply in msgpack-c's JSON-like form, or the name of the reply's error.
inline std::string ask(Broker& broker, const Broker::Peer& client, QueryKind kind, std::string argument = "") {
  broker.send(client, Query{5, kind, std::move(argument)});
  const auto reply = broker.take<Reply>(client).at(0);
  CHECK(reply.id == 5);
  if (reply.code != Errc::ok) return std::string{errc_name(reply.code)};
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  std::ostringstream text;
  text << handle.get();
  return text.str();
}

inline bool has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

// A page of a list.
struct Page {
  std::vector<std::uint64_t> seqs;
  std::uint64_t next = 0;
  std::int64_t reached_at_ms = 0;  // 0: the page does not say
};

inline Page page_of(const Reply& reply) {
  REQUIRE(reply.code == Errc::ok);
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  const auto body = handle.get().as<std::map<std::string, msgpack::object>>();
  Page page;
  for (const auto& row : body.at("tasks").as<std::vector<std::map<std::string, msgpack::object>>>())
    page.seqs.push_back(row.at("seq").as<std::uint64_t>());
  page.next = body.at("next").as<std::uint64_t>();
  if (body.contains("reached_at_ms")) page.reached_at_ms = body.at("reached_at_ms").as<std::int64_t>();
  return page;
}

inline constexpr std::uint64_t kMany = 3 * forkmill::broker::MemoryWalk::kSlice;

// A broker with kMany ready tasks in memory, all but each hundredth of another name than t.echo.
struct Crowd {
  Crowd() {
    constexpr std::uint64_t kMessage = 1024;
    for (std::uint64_t n = 1; n <= kMany; n += kMessage) {
      std::vector<Submission> tasks;
      for (std::uint64_t i = n; i < n + kMessage; ++i) {
        tasks.push_back(task(i));
        if (i % 100 != 0) tasks.back().edit().name = "t.other";
      }
      broker.submit(client, std::move(tasks));
    }
    REQUIRE(broker.core().state().tasks.size() == kMany);
    broker.take<SubmitAck>(client);
  }
  void ask(TaskFilter filter) { broker.send(asker, Query{5, QueryKind::tasks, "", std::move(filter)}); }
  // The page, for which the broker has `rounds` further rounds.
  Page page(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      CHECK(broker.take<Reply>(asker).empty());
      CHECK(broker.core().next_wakeup() <= broker.now.steady);
      broker.advance(0ms);
    }
    const auto replies = broker.take<Reply>(asker);
    REQUIRE(replies.size() == 1);
    CHECK(broker.core().next_wakeup() > broker.now.steady);
    return page_of(replies[0]);
  }

  Broker broker;
  Broker::Peer client = broker.client();
  Broker::Peer asker = broker.client();
};

// A broker with kMany ready tasks, nearly all of them on disk.
struct Shelf {
  Shelf() {
    std::vector<Submission> tasks;
    for (std::uint64_t n = 1; n <= kMany; ++n) {
      tasks.push_back(task(n));
      if (tasks.size() == 1024) broker.submit(client, std::exchange(tasks, {}));
    }
    REQUIRE(broker.core().state().tasks.find_paged_out(id(kMany)));
  }
  void ask(std::uint64_t number, std::string text) {
    broker.send(client, Query{number, QueryKind::why_task, std::move(text)});
  }
  // Returns the further rounds until there is a good reply to the query with this number. Earlier ones are dropped.
  std::uint64_t rounds_until(std::uint64_t number) {
    for (std::uint64_t rounds = 0;; ++rounds) {
      REQUIRE(rounds < 30);
      for (const Reply& reply : broker.take<Reply>(client)) {
        CHECK(reply.code == Errc::ok);
        if (reply.id == number) return rounds;
      }
      broker.advance(0ms);
    }
  }
  static CoreOptions with_few_in_memory() {
    CoreOptions options;
    options.restart_grace = 0ms;
    options.resident.tasks = 64;
    options.resident.page = 64;
    return options;
  }

  MemoryStore store{"s", true};
  Broker broker{with_few_in_memory(), &store};
  Broker::Peer client = broker.client();
};

// The beginning of this id and of no other.
inline std::string beginning_of(std::uint64_t n) { return id(n).to_string().substr(0, 35); }

}  // namespace forkmill::broker::test
