// Call: an operation on a named object, from its arrival to its answer. One that cannot be done yet waits in one of the
// object's lines; then it is known by its address until it leaves.
#pragma once

#include <array>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/tasks/task.h"
#include "proto/clock.h"
#include "proto/status.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

using ObjectId = proto::Strong<struct ObjectIdTag>;
using Answer = proto::OperationAnswer;

// Who holds something: a client, and who of its program.
struct Holder {
  ClientHandle client;
  std::uint64_t who = 0;
  friend bool operator==(const Holder&, const Holder&) = default;
  friend auto operator<=>(const Holder&, const Holder&) = default;
};

class Object;
struct Call;
using Line = std::list<Call*>;
using Deadline = std::multimap<proto::Instant, Call*>;

struct Call {
  ClientHandle client;
  proto::Operation op;
  proto::Instant since{0};
  // How far it has come, for kinds with operations of more than one step.
  std::int64_t step = 0;
  std::int64_t count = 0;

  // While it waits
  Object* object = nullptr;
  std::size_t line = 0;
  Line::iterator place;
  Deadline::iterator deadline;

  Holder holder() const { return {client, op.who}; }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const proto::Payload& value : op.values) sum += value.size();
    return sum;
  }
};

inline Answer done(std::int64_t a = 0, std::int64_t b = 0, std::vector<proto::Payload> values = {}) {
  return {0, Errc::ok, {}, a, b, std::move(values)};
}
inline Answer failed(Errc code, std::string text = {}, std::int64_t a = 0) {
  if (text.empty()) text = errc_text(code);
  return {0, code, std::move(text), a, 0, {}};
}
inline Answer failed(const proto::Failure& failure) { return failed(failure.code, failure.text); }
inline Answer bad_request(std::string text) { return failed(Errc::bad_request, std::move(text)); }

// What the values in one object may come to.
constexpr std::size_t kMaxObjectBytes = std::size_t{1} << 30;
inline Answer no_room(const char* kind) {
  return failed(Errc::object_full, std::string{"this "} + kind + " holds as many bytes as one may");
}

// Values of an answer, as many as one message should have; at least one.
struct Page {
  std::vector<proto::Payload> values;
  std::size_t entries = 0;
  std::size_t bytes = 0;
  bool has_room(std::size_t more) {
    constexpr std::size_t kMaxEntries = 4096;
    if (entries > 0 && (entries == kMaxEntries || bytes + more > proto::limits::kBatchBytes * 4)) return false;
    ++entries;
    bytes += more;
    return true;
  }
};

}  // namespace forkmill::broker
