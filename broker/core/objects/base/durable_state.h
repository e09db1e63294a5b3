// DurableState: what a durable object writes down, and how it reads that after a restart. An object is stored as one
// record with its state, and as part records if its kind keeps pieces of its own, which are written one by one.
#pragma once

#include <functional>
#include <msgpack.hpp>
#include <vector>

#include "broker/core/tasks/task.h"
#include "broker/store/records.h"

namespace forkmill::broker {

class DurableState {
 public:
  using Packer = msgpack::packer<msgpack::sbuffer>;
  // Makes the number of a new record.
  using NextNumber = std::function<proto::TaskSeq()>;

  DurableState() = default;
  virtual ~DurableState() = default;
  DurableState(const DurableState&) = delete;
  DurableState& operator=(const DurableState&) = delete;

  // The state as one msgpack value, without the part records. load() throws msgpack::type_error if the value is not
  // one that save() makes.
  virtual void save(Packer& packer) const { packer.pack_nil(); }
  virtual void load(const msgpack::object&) {}

  // Clients that hold something of the object, after load() and load_part().
  virtual std::vector<ClientHandle> holding_clients() const { return {}; }

  // Appends what has changed in the part records since the last call.
  virtual void drain_parts(std::vector<StoreOp>&, const NextNumber&) {}
  // Reads one part record; throws as load() does. Records come in any order, and all of them before parts_loaded().
  virtual void load_part(proto::TaskSeq, const msgpack::object&) {}
  virtual void parts_loaded() {}
  // Numbers of all part records that are in the store.
  virtual std::vector<proto::TaskSeq> part_records() const { return {}; }

  bool dirty = false;        // has changed since it was written down
  proto::TaskSeq stored_as;  // number of its record; 0: it has none yet
};

}  // namespace forkmill::broker
