// Barrier: lets its parties pass when all have arrived. The last party to arrive gets index 0. If a party of the round
// has an action, one party runs it before the others may pass: the last to arrive if it has the action, else the first
// to arrive among those that have it. A waiter whose client leaves, or whose time is over before all have arrived,
// breaks the barrier for all, and so does a round without the action of a barrier that a client opened with one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Barrier final : public Object {
 public:
  Barrier(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host);

  std::optional<Answer> attempt(Call& call) override;
  // Line 1: calls that came while an action runs; they are let in afterwards. Line 2: the call of the party that is to
  // run the action.
  std::size_t line(const Call& call) const override;
  void opened(Call& call) override;
  std::optional<Answer> expire(Call& call) override;
  void waiter_gone(const Call& call) override;
  void client_gone(ClientHandle client) override;
  Contents contents() const override { return {static_cast<std::size_t>(arrived_), 0, false}; }
  // Lists the client that runs the action.
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override { packer.pack(broken_); }
  void load(const msgpack::object& state) override { broken_ = state.as<bool>(); }

 private:
  std::optional<Answer> wait(Call& call);
  std::optional<Answer> last_arrived(Call& call);
  void begin_action(ClientHandle actor);
  Answer acted(const Call& call);
  Answer broken() const { return failed(Errc::barrier_broken, why_broken_); }
  void end_round(bool passed);
  // An empty reason stands for the sentence of barrier_broken.
  void break_all(std::string why = {});

  // A round ends when its parties have passed or the barrier is broken. `step` of a waiting call is the round in which
  // it came, and a constant of the source afterwards: several rounds may end before the calls are tried again.
  std::int64_t round_ = 1;
  std::int64_t arrived_ = 0;
  bool broken_ = false;
  std::optional<ClientHandle> actor_;  // all parties have arrived, and this client runs the action
  bool needs_action_;                  // a client has opened the barrier with an action
  std::string why_broken_;
};

}  // namespace forkmill::broker
