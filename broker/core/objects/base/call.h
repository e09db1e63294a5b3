// Call: an operation on a named object, from its arrival to its answer. A call that cannot be done yet waits in one of
// the object's lines; its address is stable while it waits.
#pragma once

#include <list>
#include <map>

#include "broker/core/tasks/task.h"
#include "proto/clock.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

using ObjectId = proto::Strong<struct ObjectIdTag>;

// Holder of a lock: a client, and a thread of its program.
struct Holder {
  ClientHandle client;
  std::uint64_t who = 0;
  friend bool operator==(const Holder&, const Holder&) = default;
  friend auto operator<=>(const Holder&, const Holder&) = default;
};

class Object;
struct Call;
using Line = std::list<Call*>;
using CallDeadlines = std::multimap<proto::Instant, Call*>;

struct Call {
  ClientHandle client;
  proto::Operation op;
  proto::Instant since{0};
  // Progress of an operation of more than one step. The kind of the object defines the meaning.
  std::int64_t step = 0;
  std::int64_t count = 0;

  // ---- Set while the call waits
  Object* object = nullptr;
  std::size_t line = 0;
  std::size_t counted_bytes = 0;  // in Object::waiting_bytes
  Line::iterator place;
  CallDeadlines::iterator deadline;

  Holder holder() const { return {client, op.who}; }
  // Returns the number of bytes of all its values.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const proto::Payload& value : op.values) sum += value.size();
    return sum;
  }
};

}  // namespace forkmill::broker
