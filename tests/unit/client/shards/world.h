// World: a client's sessions with the four shards of a cluster, with messages made by hand.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/shards/sessions.h"

namespace forkmill::client::test {

inline constexpr std::uint32_t kShards = 4;

struct World {
  explicit World(SessionOptions options = {}) : sessions{std::move(options)} {}

  Sessions sessions;
  Instant now{1'000'000};
  std::map<std::uint32_t, std::vector<proto::Envelope>> sent;
  std::vector<Effects::Ended> ended;
  std::vector<Effects::Answered> answered;
  std::vector<Effects::Operated> operated;
  std::map<std::uint32_t, int> losses;  // losses of holdings, by shard
  std::map<std::uint32_t, proto::Moved> moved;
  std::map<std::uint32_t, proto::SessionId> ids;

  void round() {
    sessions.flush(now);
    for (std::uint32_t shard = 1; shard <= sessions.count(); ++shard) {
      if (sessions.of(shard) == nullptr) continue;
      Effects effects;
      sessions.take_effects(now, shard, effects);
      for (auto& one : effects.send) sent[shard].push_back(std::move(one));
      for (auto& one : effects.ended) ended.push_back(std::move(one));
      for (auto& one : effects.answered) answered.push_back(std::move(one));
      for (auto& one : effects.operated) operated.push_back(std::move(one));
      losses[shard] += effects.holdings_lost ? 1 : 0;
      if (effects.moved) moved[shard] = *effects.moved;
    }
  }
  void ask(Request request) {
    sessions.handle(now, std::move(request));
    round();
  }
  void submit(const std::string& queue, Cookie cookie, TaskPlace place = {}, const std::string& key = {}) {
    proto::Submission task;
    task.id = TaskId::make(1, 2, cookie);
    task.edit().queue = queue;
    task.edit().name = "n";
    task.edit().options.key = key;
    ask(SubmitTask{std::move(task), cookie, place});
  }
  void say(std::uint32_t shard, proto::Message message) {
    sessions.of(shard)->handle(now, {{ids[shard], proto::MessageSeq{1}}, std::move(message)});
    round();
  }
  proto::Hello connect(std::uint32_t shard) {
    sent[shard].clear();
    sessions.of(shard)->connected(now);
    round();
    return std::get<proto::Hello>(sent[shard].at(0).message);
  }
  // A door says where the shards are.
  void move(std::uint32_t shard) {
    const auto hello = connect(shard);
    say(shard, proto::Moved{hello.nonce, kShards, 1, std::vector<proto::Place>(kShards, {"tcp://b:1"})});
  }
  void welcome(std::uint32_t shard, std::uint32_t shards = kShards) {
    const auto hello = connect(shard);
    proto::Welcome welcome;
    welcome.nonce = hello.nonce;
    welcome.session = proto::SessionId{100 + shard};
    welcome.heartbeat = std::chrono::seconds{1};
    welcome.session_timeout = std::chrono::seconds{5};
    welcome.window_tasks = 100;
    welcome.window_bytes = 1'000'000;
    welcome.store = "s";
    welcome.shard = shard;
    welcome.shards = shards;
    ids[shard] = welcome.session;
    say(shard, welcome);
  }
  template <class M>
  std::size_t count(std::uint32_t shard) {
    std::size_t found = 0;
    for (const auto& one : sent[shard]) found += std::holds_alternative<M>(one.message) ? 1 : 0;
    return found;
  }
  std::size_t tasks(std::uint32_t shard) {
    std::size_t found = 0;
    for (const auto& one : sent[shard])
      if (const auto* submit = std::get_if<proto::Submit>(&one.message)) found += submit->tasks.size();
    return found;
  }
  void open_all() {
    move(1);
    welcome(1);
    for (std::uint32_t shard = 2; shard <= kShards; ++shard) {
      submit("warm", 2 * shard, {static_cast<std::uint8_t>(shard)});
      welcome(shard);
    }
    for (auto& one : sent) one.second.clear();
  }
  proto::Reply reply_to(std::uint32_t shard, std::string body) {
    std::uint64_t id = 0;
    for (const auto& one : sent[shard]) {
      if (const auto* query = std::get_if<proto::Query>(&one.message)) id = query->id;
      if (const auto* command = std::get_if<proto::Command>(&one.message)) id = command->id;
    }
    REQUIRE(id != 0);
    return {id, Errc::ok, {}, proto::Payload::own(std::move(body))};
  }
};

}  // namespace forkmill::client::test
