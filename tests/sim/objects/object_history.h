// ObjectHistory: the operations on named objects that clients asked for, and their answers. The history keeps all of
// them, in one order; check() holds them against the rules (object_rules.h) at the end of a simulation. Only a rule
// that needs no later knowledge is checked at the answer.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/world/cookie.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// The fate of an operation. `refused`: it did nothing. `unknown`: its client was gone before the answer, or the broker
// that may have done it is gone.
enum class Fate : std::uint8_t { open, ok, refused, unknown };

// An operation on a named object, and its answer.
struct ObjectCall {
  Cookie cookie = 0;
  std::uint64_t client = 0;  // one life of one client
  std::size_t shared = 0;    // the object: an index into Options::objects.shared
  proto::Operation op;
  Instant since{0};  // the time of the call
  // The places of call and answer in the order of all of them.
  std::uint64_t began = 0;
  std::uint64_t ended = ~std::uint64_t{0};
  // The times that the client had been told that its holdings are lost, at the call and at the answer.
  std::uint64_t losses_before = 0;
  std::uint64_t losses_after = 0;
  Fate fate = Fate::open;
  bool given_up = false;
  proto::OperationAnswer answer;

  bool is(proto::Verb verb) const { return op.verb == verb; }
  bool ok() const { return fate == Fate::ok; }
};

class ObjectHistory {
 public:
  explicit ObjectHistory(World& world) : world_{world} {}

  // Returns the number of this life of a client.
  std::uint64_t client_started() { return ++clients_; }
  Cookie invoke(std::uint64_t client, std::size_t shared, const proto::Operation& op);
  void given_up(Cookie cookie) { at(cookie).given_up = true; }
  // Throws Violation if the call was answered before, or ended before its wait was over.
  void answered(Cookie cookie, const proto::OperationAnswer& answer);
  // Call when the client of this call is gone.
  void unknown(Cookie cookie);
  void holdings_lost(std::uint64_t client) { ++losses_[client]; }

  bool all_ended() const { return open_ == 0; }
  // Holds the whole history against the rules of each kind of object. Throws Violation.
  void check() const;

  const std::vector<ObjectCall>& all() const { return all_; }
  // The units that clients may have given to this semaphore without holding them.
  std::int64_t surplus(std::uint64_t object) const;
  // The units that clients have certainly given to it without holding them.
  std::int64_t certain_surplus(std::uint64_t object) const;
  // Whether a client may have borrowed an item of this queue.
  bool lends(std::uint64_t object) const { return lent_.contains(object); }
  const Shared& shared(std::size_t number) const { return world_.options.objects.shared[number]; }
  // Whether the object outlives the broker.
  bool durable(std::size_t number) const {
    return world_.options.durable && shared(number).spec.durability == proto::Durability::durable;
  }

 private:
  ObjectCall& at(Cookie cookie) { return all_.at(cookie - 1); }

  World& world_;
  std::vector<ObjectCall> all_;  // by cookie − 1
  std::size_t open_ = 0;
  std::uint64_t clock_ = 0;  // counts calls and answers
  std::uint64_t clients_ = 0;
  std::map<std::uint64_t, std::uint64_t> losses_;  // by client
  std::map<std::uint64_t, std::int64_t> surplus_;
  std::map<std::uint64_t, std::int64_t> certain_surplus_;
  std::set<std::uint64_t> lent_;
};

// The tokens of the units that `release` names; none if it names no unit.
std::vector<std::int64_t> tokens_named(const proto::Operation& release);

// "lock-0 acquire #12 of client 3 …": for traces and violations.
std::string describe(const Shared& shared, const ObjectCall& call);

}  // namespace forkmill::sim
