// WorkerWorld: the rules of a worker (foreman and session) between a broker and children whose acts an input chooses.
// Children keep to what real children do; the broker says anything. Messages that the worker sends must be readable,
// what it does to its children must make sense, each attempt that it began must be answered once, and it must come to
// rest.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/feed.h"
#include "tests/fuzz/filler.h"
#include "worker/rules/foreman.h"

namespace forkmill::fuzz {

class WorkerWorld final : worker::Rings {
 public:
  explicit WorkerWorld(Feed& feed);

  void step();
  // Drains the worker: every attempt in hand must end, and the foreman must say that it has finished.
  void end();

 private:
  using ChildKey = worker::ChildKey;
  struct Child {
    ChildKey key;
    std::uint32_t pid = 0;
    bool born = false;
    bool condemned = false;
    std::vector<std::uint64_t> ring;
    std::uint64_t running = 0;  // 0: idle
    bool killed = false;
  };

  // ---- The broker
  void welcome();
  void grant();
  void acknowledge();
  void hear_anything();
  void hear_bytes();
  void hear(proto::Message message);

  // ---- The children
  void spawn(std::uint32_t slot);
  void act(Child& child);
  void finish(Child& child);
  void die(std::uint32_t slot, bool by_us);
  void bury_the_killed();

  void settle();
  void pass(proto::Instant time) { now_ += time; }
  Child* living(ChildKey key);

  // ---- Rings
  bool revoke(ChildKey key, std::uint64_t serial) override;
  bool condemn(ChildKey key, std::uint64_t serial) override;

  // ---- Effects
  void carry_out();
  void assign(const worker::Assignment& assignment);
  void signal(const worker::SignalRequest& request);
  void send(const proto::Envelope& envelope);

  Feed& feed_;
  Palette palette_;
  proto::Instant now_ = std::chrono::hours{1};
  std::map<std::uint32_t, Child> children_;
  std::map<std::uint32_t, std::uint64_t> generations_;
  std::vector<std::uint32_t> to_fork_;
  std::set<std::uint64_t> serials_;
  bool linked_ = false;
  bool draining_ = false;
  std::uint64_t nonce_ = 0;
  proto::SessionId session_;
  proto::MessageSeqs unacknowledged_;
  std::uint64_t last_pid_ = 5000;
  std::uint64_t last_seq_ = 0;
  worker::Foreman foreman_;
};

}  // namespace forkmill::fuzz
