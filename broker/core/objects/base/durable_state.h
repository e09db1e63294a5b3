// DurableState: the part of an object that writes it to the store and reads it after a restart. An object is stored as
// one record with its state. Kinds whose pieces are written one by one have part records as well.
#pragma once

#include <functional>
#include <msgpack.hpp>
#include <vector>

#include "broker/core/objects/base/accounted.h"
#include "broker/core/tasks/task.h"
#include "broker/store/records.h"

namespace forkmill::broker {

class DurableState : public Accounted {
 public:
  using Packer = msgpack::packer<msgpack::sbuffer>;
  // Makes the number of a new record.
  using NextNumber = std::function<proto::TaskSeq()>;

  // save() packs the state as one msgpack value, without the part records. load() reads it, and throws
  // msgpack::type_error if the value is not one that save() makes.
  virtual void save(Packer& packer) const { packer.pack_nil(); }
  virtual void load(const msgpack::object&) {}

  // Returns the clients that hold something of the object, after load() and load_part().
  virtual std::vector<ClientHandle> holding_clients() const { return {}; }

  // Appends the changes of the part records since the last call.
  virtual void drain_parts(std::vector<StoreOp>&, const NextNumber&) {}
  // Reads one part record; throws as load() does. Records come in any order, and all of them before parts_loaded().
  virtual void load_part(proto::TaskSeq, const msgpack::object&) {}
  virtual void parts_loaded() {}
  // Returns the numbers of all part records that are in the store.
  virtual std::vector<proto::TaskSeq> part_records() const { return {}; }

  bool dirty = false;        // the state has changed since it was last written
  proto::TaskSeq stored_as;  // number of its record; 0: it has none yet
};

}  // namespace forkmill::broker
