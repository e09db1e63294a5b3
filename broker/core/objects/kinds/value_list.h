// ValueList: values by index. With a fixed length, it serves arrays and single values.
#pragma once

#include <vector>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/change_log.h"

namespace forkmill::broker {

class ValueList final : public Object {
 public:
  ValueList(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host);

  std::optional<Answer> attempt(Call& call) override;
  // Watchers do not stand in line: each waits for a version of its own.
  bool may_overtake(const Call&) const override { return watchers_overtake(); }
  void begin_as(const Call& made) override;
  Contents contents() const override { return {values_.size(), bytes_, !fixed() && changes_.version() == 0}; }
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;

 private:
  bool fixed() const { return (spec().flags & proto::kObjectFixed) != 0; }
  Answer fetch(const Call& call);
  Answer items(const Call& call);
  Answer store(const Call& call);
  Answer erase(const Call& call);
  Answer has(const Call& call) const;
  Answer add(const Call& call);
  Answer append_all(Call& call);
  Answer insert(Call& call);
  Answer exchange(const Call& call);
  Answer pop(const Call& call);
  Answer clear();
  Answer arrange(const Call& call);
  void put(std::size_t index, proto::Payload value);
  bool has_room(const Call& call) const;

  std::vector<proto::Payload> values_;
  std::size_t bytes_ = 0;
  ChangeLog changes_;
};

}  // namespace forkmill::broker
