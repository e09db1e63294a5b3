// Messages about named objects: OPERATE and OPERATED (PROTOCOL.md, Named objects).
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/durability.h"
#include "proto/payload.h"
#include "proto/wire/loan_in_value.h"

namespace forkmill::proto {

enum class ObjectKind : std::uint8_t {
  lock = 1,
  semaphore = 2,
  event = 3,
  condition = 4,
  barrier = 5,
  queue = 6,
  pipe = 7,
  dict = 8,
  list = 9,
};
constexpr ObjectKind last_of(ObjectKind) { return ObjectKind::list; }

// Properties that an object is made with. Opening an existing object with another kind, type or size fails.
struct ObjectSpec {
  std::string name;
  ObjectKind kind = ObjectKind::lock;
  std::uint64_t type = 0;   // hash of the type of the elements; 0: not checked
  std::int64_t size = 0;    // semaphore: initial value; barrier: parties; queue, pipe: capacity; list: fixed length
  std::int64_t flags = 0;   // kObject…
  std::uint64_t other = 0;  // condition: number of its lock; lock: of the object that it goes with; 0: none
  Durability durability = Durability::of_queue;
  friend bool operator==(const ObjectSpec&, const ObjectSpec&) = default;
};
inline constexpr std::int64_t kObjectRecursive = 1;     // lock: the holder may acquire it again
inline constexpr std::int64_t kObjectBounded = 2;       // semaphore: never above its initial value
inline constexpr std::int64_t kObjectFixed = 4;         // list: never changes its length
inline constexpr std::int64_t kObjectOneWay = 8;        // pipe: end 0 receives, end 1 sends
inline constexpr std::int64_t kObjectOwned = 16;        // is removed when the client that made it ends
inline constexpr std::int64_t kObjectMustExist = 32;    // open does not make a new one
inline constexpr std::int64_t kObjectMustBeNew = 64;    // open fails if the object exists
inline constexpr std::int64_t kObjectActs = 128;        // barrier: this opener has an action for its rounds
inline constexpr std::int64_t kObjectKept = 256;        // semaphore: units stay when their holder ends in order
inline constexpr std::int64_t kObjectTakesOther = 512;  // condition: its lock is removed with it
inline constexpr std::int64_t kObjectPlaced = 1024;     // the opener has said on which shard the object lives
inline constexpr std::int64_t kObjectIdentity = 15;     // the flags on which all openers must agree

// Verb of an operation. PROTOCOL.md says which kinds have which verb, and what `values` are. For `a` and `b` of
// operations and answers see operands.h.
enum class Verb : std::uint8_t {
  open = 1,
  remove = 2,
  withdraw = 3,
  acquire = 4,
  release = 5,
  look = 6,
  set = 7,
  clear = 8,
  wait = 9,
  notify = 10,
  reset = 11,
  abort = 12,
  acted = 13,
  put = 14,
  get = 15,
  done = 16,
  join = 17,
  settle = 18,
  send = 19,
  receive = 20,
  poll = 21,
  close = 22,
  lend = 23,
  fetch = 24,
  store = 25,
  erase = 26,
  has = 27,
  items = 28,
  add = 29,
  append = 30,
  exchange = 31,
  pop = 32,
  insert = 33,
  watch = 34,
};
constexpr Verb last_of(Verb) { return Verb::watch; }

struct Operation {
  std::uint64_t number = 0;  // rises with each operation of this client; a repeat has the same
  Verb verb = Verb::open;
  std::uint64_t object = 0;  // number of the object, from the answer to open
  std::uint64_t who = 0;     // thread of the client's program
  milliseconds wait{-1};     // longest wait for the answer; negative: no limit
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::vector<Payload> values;
  std::optional<ObjectSpec> spec{};  // open
  std::vector<LoanInValue> loans{};
  friend bool operator==(const Operation&, const Operation&) = default;
};

// Client to broker. An operation is sent again in each later session until it is answered, and is done once
// nevertheless.
struct Operate {
  std::uint64_t answered = 0;  // all operations below are answered; the broker may drop their answers
  std::vector<Operation> operations;
  std::vector<std::uint64_t> also{};  // answered above that: first and last number of each range, in turn
  friend bool operator==(const Operate&, const Operate&) = default;
};

struct OperationAnswer {
  std::uint64_t number = 0;
  Errc code = Errc::ok;
  std::string text;
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::vector<Payload> values;
  std::vector<LoanInValue> loans{};
  friend bool operator==(const OperationAnswer&, const OperationAnswer&) = default;
};

struct Operated {
  std::vector<OperationAnswer> answers;
  friend bool operator==(const Operated&, const Operated&) = default;
};

}  // namespace forkmill::proto
