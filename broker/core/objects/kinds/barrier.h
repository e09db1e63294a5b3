// Barrier: lets its parties pass when all have arrived. The last party to arrive gets index 0; if it has an action, it
// runs that before the others may pass. A waiter whose client leaves, or whose time is over, breaks the barrier for
// all.
#pragma once

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Barrier final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  // Line 1: calls that came while an action runs; they are let in afterwards.
  std::size_t line(const Call& call) const override { return call.step == 0 ? 1 : 0; }
  std::optional<Answer> expire(Call& call) override;
  void waiter_gone(const Call& call) override;
  void client_gone(ClientHandle client) override;
  std::size_t size() const override { return static_cast<std::size_t>(arrived_); }
  // Lists the client that runs the action.
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override { packer.pack(broken_); }
  void load(const msgpack::object& state) override { broken_ = state.as<bool>(); }

 private:
  std::optional<Answer> wait(Call& call);
  Answer acted(const Call& call);
  void end_round(bool passed);
  void break_all();

  // A round ends when its parties have passed or the barrier is broken. `step` of a waiting call is the round in which
  // it came, and kPassed or kBroken afterwards: several rounds may end before the calls are tried again.
  static constexpr std::int64_t kPassed = -1;
  static constexpr std::int64_t kBroken = -2;
  std::int64_t round_ = 1;
  std::int64_t arrived_ = 0;
  bool broken_ = false;
  bool acting_ = false;  // all parties have arrived, and one client runs the action
  ClientHandle actor_;
};

}  // namespace forkmill::broker
