// ObjectUser: somebody who works with named objects through one client's session: he acquires and releases, puts, gets
// and settles, counts, waits; with waits that end, and giving back what he holds after a while.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

class ObjectUser {
 public:
  // What the client does for him.
  struct Hands {
    std::function<void(proto::Operation, bool harmless, Cookie)> operate;
    std::function<void(Cookie)> give_up;
  };

  ObjectUser(World& world, ObjectHistory& history, std::string name, Hands hands);

  // A life of the client, and its end.
  void start();
  void crash();

  void act();
  // Reads what is left of all objects, when everything is quiet.
  void finish();
  void answered(Cookie cookie, const proto::OperationAnswer& answer);
  void holdings_lost();
  // Nothing is outstanding, and nothing is held.
  bool idle() const { return outstanding_.empty() && holding_ == 0; }

 private:
  struct Known {
    std::uint64_t number = 0;  // 0: not opened
    proto::Payload cell;       // what is in it, as far as is known
    bool broken = false;
    std::int64_t version = 0;  // of a table or list, as far as is known
    std::int64_t ends = 0;     // of a pipe, that he has open: a bit each
  };

  void open(std::size_t shared);
  void use(std::size_t shared);
  void use_queue(std::size_t shared);
  void use_semaphore(std::size_t shared);
  void use_cell(std::size_t shared);
  void use_event(std::size_t shared);
  // object_user_more.cc
  void use_table(std::size_t shared);
  void use_list(std::size_t shared);
  void use_joinable(std::size_t shared);
  void use_condition(std::size_t shared);
  void use_pipe(std::size_t shared);
  void finish_with(const Asked& asked);
  std::optional<std::size_t> condition_of(std::size_t lock) const;
  void hold_monitor(const Asked& asked);
  void woken(const Asked& asked);
  void release_later(const Asked& acquired, std::int64_t token);
  void learn(const Asked& asked);

  void opened(const Asked& asked);
  void acquired(const Asked& asked);
  void run_action(const Asked& asked);
  void got(const Asked& asked);
  void read_rest(std::size_t shared);
  void later(std::function<void()> what);
  void ask(std::size_t shared, proto::Operation op, bool may_give_up = true);
  proto::Operation make(std::size_t shared, proto::Verb verb) const;
  milliseconds draw_wait();
  proto::Payload unique_value();
  const Shared& shared_at(std::size_t shared) const { return world_.options.objects.shared[shared]; }

  World& world_;
  ObjectHistory& history_;
  std::string name_;
  Hands hands_;
  std::uint64_t life_ = 0;  // 0: not alive
  bool finishing_ = false;
  std::uint64_t values_ = 0;
  std::vector<Known> known_;
  std::vector<Asked> monitors_;  // the locks with which he waited for conditions
  std::vector<Cookie> outstanding_;
  std::size_t holding_ = 0;  // that is to be given back later
};

}  // namespace forkmill::sim
