// ObjectStorage: writes durable objects and the answers about them to the store, as records, and reads them back after
// a restart. A record is written in the round in which its object has changed.
#pragma once

#include <string_view>
#include <vector>

#include "broker/core/objects/directory.h"
#include "broker/core/objects/operation_answers.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class StoredRecord;

class ObjectStorage {
 public:
  ObjectStorage(BrokerState& state, ObjectDirectory& directory, OperationAnswers& operations)
      : state_{state}, directory_{directory}, operations_{operations} {}

  // Marks the object to be written at the end of the round, if it is durable and dirty.
  void note_changed(const Object& object);
  // Appends the records of objects that have changed.
  void save_objects();
  // Appends the records of objects that have changed, and those of clients whose record is out of date.
  void flush();

  void erase(const Object& object);
  void erase(const CachedOperations& operations);

  // Reads one record that was found in the store; call by rising `seq`. Throws std::runtime_error, which names the
  // record, if the record is invalid.
  void recover(proto::TaskSeq seq, std::string_view record, ObjectHost& host);

 private:
  void load(proto::TaskSeq seq, const StoredRecord& record, ObjectHost& host);
  void save(CachedOperations& operations);
  proto::TaskSeq next_record() { return state_.tasks.next_number(); }

  BrokerState& state_;
  ObjectDirectory& directory_;
  OperationAnswers& operations_;
  std::vector<ObjectId> changed_;
};

}  // namespace forkmill::broker
