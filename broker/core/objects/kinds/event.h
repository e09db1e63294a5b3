// EventObject: an event. Setting it lets all its waiters pass. (Event is what happens to a task, tasks/states.h.)
#pragma once

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class EventObject final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override {
    switch (call.op.verb) {
      case proto::Verb::set:
        return change(true);
      case proto::Verb::clear:
        return change(false);
      case proto::Verb::look:
        return done(set_ ? 1 : 0);
      case proto::Verb::wait:
        return set_ ? std::optional{done(1)} : std::nullopt;
      default:
        return wrong_verb();
    }
  }
  std::optional<Answer> expire(Call&) override { return done(0); }
  Contents contents() const override { return {set_ ? std::size_t{1} : 0, 0, !set_}; }
  void save(Packer& packer) const override { packer.pack(set_); }
  void load(const msgpack::object& state) override { set_ = state.as<bool>(); }

 private:
  Answer change(bool set) {
    dirty = dirty || set != set_;
    set_ = set;
    return done();
  }

  bool set_ = false;
};

}  // namespace forkmill::broker
