// Barrier: lets its parties pass when all have come. Exactly one of them has index 0: the last to arrive, which also
// runs the action, before the others may go. A waiter that goes or may wait no longer breaks it for all.
#pragma once

#include "broker/core/objects/kinds/object.h"

namespace forkmill::broker {

class Barrier final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  // Those who came while an action runs are let in afterwards.
  std::size_t line(const Call& call) const override { return call.step == 0 ? 1 : 0; }
  std::optional<Answer> give_up(Call& call) override;
  void deserted(const Call& call) override;
  void leave(ClientHandle client) override;
  std::size_t size() const override { return static_cast<std::size_t>(arrived_); }
  // Whoever runs the action.
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override { packer.pack(broken_); }
  void load(const msgpack::object& state) override { broken_ = state.as<bool>(); }

 private:
  std::optional<Answer> wait(Call& call);
  Answer acted(const Call& call);
  void end_round(bool passed);
  void break_all();

  // A round ends when its parties have passed, or it is broken. A call's `step` is the round that it came in, and how
  // that ended: several may end before anybody is told.
  static constexpr std::int64_t kPassed = -1;
  static constexpr std::int64_t kBroken = -2;
  std::int64_t round_ = 1;
  std::int64_t arrived_ = 0;
  bool broken_ = false;
  bool acting_ = false;  // all are there, and one runs the action
  ClientHandle actor_;
};

}  // namespace forkmill::broker
