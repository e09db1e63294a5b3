// ObjectHistory: what clients asked of named objects and what they were answered. All of it is kept, in one order, and
// looked through at the end of a simulation (object_rules.h); only what needs no later knowledge is checked at once.
//
// An operation's fate: ok; refused, which did nothing; unknown: nobody was there for the answer, or the broker that
// might have done it is gone.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "tests/sim/rules/history.h"

namespace forkmill::sim {

enum class Fate : std::uint8_t { open, ok, refused, unknown };

struct Asked {
  Cookie cookie = 0;
  std::uint64_t client = 0;  // one life of one client
  std::size_t shared = 0;    // which of Options::objects.shared
  proto::Operation op;
  Instant since{0};
  // Where invocation and answer are in the order of all of them.
  std::uint64_t began = 0;
  std::uint64_t ended = ~std::uint64_t{0};
  // How often that client had been told that it lost what it held.
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

  std::uint64_t client_started() { return ++clients_; }
  Cookie invoke(std::uint64_t client, std::size_t shared, const proto::Operation& op);
  void given_up(Cookie cookie) { at(cookie).given_up = true; }
  void answered(Cookie cookie, const proto::OperationAnswer& answer);
  void unknown(Cookie cookie);
  void holdings_lost(std::uint64_t client) { ++losses_[client]; }

  bool all_ended() const { return open_ == 0; }
  // Throws Violation.
  void check() const;

  const std::vector<Asked>& all() const { return all_; }
  // Units that may have been given to this semaphore by clients that did not hold them.
  std::int64_t surplus(std::uint64_t object) const;
  // Units that it has certainly been given so.
  std::int64_t certain_surplus(std::uint64_t object) const;
  // Whether somebody may have had an item of this queue for a while.
  bool lends(std::uint64_t object) const { return lent_.contains(object); }
  const Shared& shared(std::size_t number) const { return world_.options.objects.shared[number]; }
  // Whether it outlives the broker.
  bool durable(std::size_t number) const {
    return world_.options.durable && shared(number).spec.durability == proto::Durability::durable;
  }

 private:
  Asked& at(Cookie cookie) { return all_.at(cookie - 1); }
  void check_wait(const Asked& one) const;

  World& world_;
  std::vector<Asked> all_;  // by cookie − 1
  std::size_t open_ = 0;
  std::uint64_t clock_ = 0;
  std::uint64_t clients_ = 0;
  std::map<std::uint64_t, std::uint64_t> losses_;
  std::map<std::uint64_t, std::int64_t> surplus_;
  std::map<std::uint64_t, std::int64_t> certain_surplus_;
  std::set<std::uint64_t> lent_;
};

// Of a release: what of it is given back. Without a name for it: nothing.
std::vector<std::int64_t> tokens_named(const proto::Operation& release);

// "lock-0 acquire #12": for traces and complaints.
std::string describe(const Shared& shared, const Asked& one);

}  // namespace forkmill::sim
