// Dict: values by key, in the order in which the keys were added. Keys and values are bytes of the clients; only the
// verbs add and append look into a value.
#pragma once

#include <string>
#include <vector>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/change_log.h"
#include "broker/core/objects/kinds/dict_entries.h"

namespace forkmill::broker {

class Dict final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  // Watchers do not stand in line: each waits for a version of its own.
  bool may_overtake(const Call&) const override { return watchers_overtake(); }
  Contents contents() const override { return {entries_.size(), entries_.bytes(), changes_.version() == 0}; }
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  void drain_parts(std::vector<StoreOp>& ops, const NextNumber& next) override {
    entries_.drain_parts(id(), ops, next);
  }
  void load_part(proto::TaskSeq seq, const msgpack::object& record) override { entries_.load_part(seq, record); }
  std::vector<proto::TaskSeq> part_records() const override { return entries_.part_records(); }

 private:
  Answer fetch(const Call& call);
  Answer store(const Call& call);
  Answer erase(const Call& call);
  Answer items(const Call& call);
  Answer add(const Call& call);
  Answer append_to(const Call& call);
  Answer exchange(const Call& call);
  Answer pop(const Call& call);
  Answer insert(const Call& call);
  Answer clear();
  const DictEntries::Entry* find(const proto::Payload& key) const { return entries_.find(key.view()); }
  // Sets the value of the key. Returns false if there is no room, and then changes nothing.
  bool put(const proto::Payload& key, proto::Payload value);
  void drop(const std::string& key);

  DictEntries entries_{durable()};
  ChangeLog changes_;
};

}  // namespace forkmill::broker
