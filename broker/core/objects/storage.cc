#include "broker/core/objects/storage.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "broker/core/objects/record.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::TaskSeq;

void ObjectStorage::note_changed(const Object& object) {
  if (object.dirty && object.durable()) changed_.push_back(object.id());
}

void ObjectStorage::save_objects() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  for (const ObjectId id : std::exchange(changed_, {})) {
    Object* object = directory_.find(id);
    if (object == nullptr || !std::exchange(object->dirty, false)) continue;
    if (!object->stored_as) object->stored_as = next_record();
    state_.output.ops.emplace_back(PutRecord{object->stored_as, record_of(*object)});
    object->drain_parts(state_.output.ops, [this] { return next_record(); });
  }
}

void ObjectStorage::flush() {
  save_objects();
  for (const ClientHandle client : operations_.touched()) {
    CachedOperations* operations = operations_.find(client);
    if (operations != nullptr && std::exchange(operations->dirty, false)) save(*operations);
  }
}

void ObjectStorage::save(CachedOperations& operations) {
  if (!operations.stored_as) operations.stored_as = next_record();
  state_.output.ops.emplace_back(PutRecord{operations.stored_as, record_of(operations)});
}

void ObjectStorage::erase(const Object& object) {
  if (!object.durable()) return;
  if (object.stored_as) state_.output.ops.emplace_back(EraseRecord{object.stored_as});
  for (const TaskSeq seq : object.part_records()) state_.output.ops.emplace_back(EraseRecord{seq});
}

void ObjectStorage::erase(const CachedOperations& operations) {
  if (operations.stored_as) state_.output.ops.emplace_back(EraseRecord{operations.stored_as});
}

void ObjectStorage::recover(TaskSeq seq, std::string_view record, ObjectHost& host) {
  try {
    load(seq, StoredRecord{record}, host);
  } catch (const std::exception& error) {  // DecodeError, msgpack::type_error
    throw std::runtime_error{"record " + std::to_string(seq.value()) +
                             " of a named object makes no sense: a newer forkmill wrote it, or it is damaged (" +
                             error.what() + ")"};
  }
}

void ObjectStorage::load(TaskSeq seq, const StoredRecord& record, ObjectHost& host) {
  switch (record.kind()) {
    case RecordType::object: {
      auto object = record.object(host);
      object->stored_as = seq;
      if (const auto maker = record.maker()) object->count_for(state_.tasks.owners.find_or_make(*maker));
      directory_.insert(std::move(object));
      break;
    }
    case RecordType::part:
      if (Object* object = directory_.find(record.owner_of_part())) object->load_part(seq, record.body());
      break;
    case RecordType::operations: {
      CachedOperations& operations = operations_.of(record.client());
      if (!mutant(Mutant::ledger_lost_at_restart)) operations = record.operations();
      operations.stored_as = seq;
      break;
    }
    case RecordType::control:
    case RecordType::bulk_change:
      throw DecodeError{"the record belongs to no object"};
  }
}

}  // namespace forkmill::broker
