// ObjectCaller: makes calls on named objects through one client's session, keeps them in the ObjectHistory, and
// remembers what their answers say of each object.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

class ObjectCaller {
 public:
  // The session of the client.
  struct Hands {
    std::function<void(proto::Operation, bool harmless, Cookie)> operate;
    std::function<void(Cookie)> give_up;
  };
  // An object as far as this client knows it.
  struct Known {
    std::uint64_t number = 0;  // 0: not opened
    proto::Payload cell;       // the latest value that the client has seen
    bool broken = false;       // for a barrier
    std::int64_t version = 0;  // for a dict or list
    std::int64_t ends = 0;     // the open ends of a pipe: a bit each
  };

  ObjectCaller(World& world, ObjectHistory& history, std::string name, Hands hands)
      : world_{world}, history_{history}, name_{std::move(name)}, hands_{std::move(hands)} {}
  ObjectCaller(const ObjectCaller&) = delete;
  ObjectCaller& operator=(const ObjectCaller&) = delete;

  // Begins and ends a life of the client.
  void start();
  void crash();
  bool up() const { return life_ != 0; }

  // From here on no call waits or is given up.
  void begin_to_finish() { finishing_ = true; }
  bool finishing() const { return finishing_; }

  // An operation on an object, by one of two holders, without a wait.
  proto::Operation make(std::size_t shared, proto::Verb verb) const;
  // Makes a call; draws how long it waits and, if `may_give_up`, whether the client gives it up.
  void call(std::size_t shared, proto::Operation op, bool may_give_up = true);
  // Takes the answer of a call; returns the call with its answer.
  ObjectCall answered(Cookie cookie, const proto::OperationAnswer& answer);
  // The broker has told the client that its holdings are lost.
  void holdings_lost();

  // Calls `then` after the time for which an object is held, if the client lives so long.
  void hold(std::function<void()> then);
  // Neither a call nor a hold is left.
  bool idle() const { return outstanding_.empty() && holding_ == 0; }

  // A value that no other call puts. Large ones travel as frames of their own.
  proto::Payload unique_value();
  // The number of a value that no other call puts.
  std::uint64_t unique_number() { return ++values_; }
  const Shared& shared(std::size_t number) const { return world_.options.objects.shared[number]; }
  std::size_t count() const { return known_.size(); }
  Known& known(std::size_t shared) { return known_[shared]; }
  World& world() { return world_; }

 private:
  milliseconds draw_wait();
  void later(std::function<void()> what);

  World& world_;
  ObjectHistory& history_;
  std::string name_;
  Hands hands_;
  std::uint64_t life_ = 0;  // 0: not alive
  bool finishing_ = false;
  std::uint64_t values_ = 0;
  std::vector<Known> known_;
  std::vector<Cookie> outstanding_;
  std::size_t holding_ = 0;
};

}  // namespace forkmill::sim
