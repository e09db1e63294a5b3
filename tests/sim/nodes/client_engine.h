// ClientEngine: what client/engine/ does around the sessions of a client (client/shards/sessions.h): it has a way to
// the broker of each shard, wakes up for its rounds, and carries out what the sessions want done.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/shards/sessions.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/nodes/way.h"
#include "tests/sim/world/spin_watch.h"

namespace forkmill::sim {

class ClientEngine {
 public:
  // The program around the engine.
  class Program {
   public:
    virtual ~Program() = default;
    // Returns a way to the broker of a shard.
    virtual std::unique_ptr<Way> connect(std::uint32_t shard) = 0;
    // A message is about to be sent.
    virtual void sends(proto::Envelope&) {}
    // The session with a shard has handled a WELCOME. `stays`: that has opened it.
    virtual void welcomed(std::uint32_t, const proto::Welcome&, bool /*stays*/) {}
    // Hears what happened in a session. `latest`: the session of the latest message.
    virtual void hears(const client::Effects& effects, proto::SessionId latest) = 0;
  };
  ClientEngine(World& world, std::string name, Program& program);

  bool up() const { return sessions_ != nullptr; }
  // Begins the next life.
  void start(client::SessionOptions options);
  void end();
  void pause(Instant until);

  // REQUIRES: up().
  client::Sessions& sessions() { return *sessions_; }
  const client::Sessions& sessions() const { return *sessions_; }
  // Makes the ways of sessions that have none.
  void make_missing();
  // Hands a request to the sessions.
  void handle(client::Request request) { sessions_->handle(world_.now(), std::move(request)); }
  // Carries out what the sessions want done. Returns whether something was sent, or a connection given up.
  bool carry_out();
  void wake_soon() { pulse_.soon(); }
  // Null: there is none. By shard, from 1.
  Way* way(std::size_t shard) { return shard <= ways_.size() ? ways_[shard - 1].get() : nullptr; }
  std::size_t ways() const { return ways_.size(); }
  void note(std::string_view text) { world_.trace.note(world_.now(), name_, text); }

 private:
  void round();
  void handle(std::uint32_t shard, Line::Event event);
  void hear(std::uint32_t shard, proto::Envelope envelope);
  bool carry_out(std::uint32_t shard);
  bool send(std::uint32_t shard, client::Effects& effects);
  void follow(std::uint32_t shard, const proto::Moved& moved, bool is_new);
  void reconnect(std::uint32_t shard);

  World& world_;
  const std::string name_;
  Program& program_;
  Pulse pulse_;
  SpinWatch spin_;
  std::unique_ptr<client::Sessions> sessions_;          // null: down
  std::vector<std::unique_ptr<Way>> ways_;              // by shard; null: there is no session
  std::map<std::uint32_t, proto::SessionId> heard_in_;  // by shard: the session of the latest message
};

}  // namespace forkmill::sim
