// Operands: names for the two integers `a` and `b` of operations on named objects and of their answers. PROTOCOL.md,
// "Named objects", says for each verb what they are; this header is the only code that knows it. A client makes the
// operands of an operation with a function of namespace operands; the broker reads them with a function of the same
// section. Pure.
#pragma once

#include <forkmill/task_id.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "proto/wire/object_messages.h"

namespace forkmill::proto {

struct Operands {
  std::int64_t a = 0;
  std::int64_t b = 0;
  friend bool operator==(const Operands&, const Operands&) = default;
};

// `operation`: an Operation, or what a client keeps of one before it is sent.
template <class T>
void set_operands(T& operation, Operands operands) {
  operation.a = operands.a;
  operation.b = operands.b;
}

namespace operands {

constexpr std::int64_t flag(bool set) { return set ? 1 : 0; }

}  // namespace operands

// ---- open, withdraw -------------------------------------------------------------------------------------------------

namespace operands {

// Ends of a pipe to open: bit 0 opens end 0, bit 1 opens end 1.
constexpr Operands open(std::int64_t ends) { return {ends}; }
constexpr Operands withdraw(std::uint64_t number) { return {static_cast<std::int64_t>(number)}; }

}  // namespace operands

inline bool opens_end(const Operation& op, std::size_t end) { return (op.a >> end & 1) != 0; }
inline std::uint64_t number_to_withdraw(const Operation& op) { return static_cast<std::uint64_t>(op.a); }

inline std::uint64_t object_number(const OperationAnswer& opened) { return static_cast<std::uint64_t>(opened.a); }
// Answer to an open of an object that this open has made, or not, with the values that the operation has, or not.
constexpr std::int64_t made_as(bool made, bool as_asked) { return (made ? 1 : 0) + (as_asked ? 2 : 0); }
inline bool was_made(const OperationAnswer& opened) { return opened.b != 0; }
inline bool begins_as_asked(const OperationAnswer& opened) { return (opened.b & 2) != 0; }

// ---- look -----------------------------------------------------------------------------------------------------------
// Of an event: is_signalled(). Of a pipe: operands::at_end(). Of a dict or list: length_of(), version_of().

inline std::int64_t times_held(const OperationAnswer& looked) { return looked.a; }  // lock
inline std::int64_t units_left(const OperationAnswer& looked) { return looked.a; }  // semaphore
inline std::int64_t arrived_at_barrier(const OperationAnswer& looked) { return looked.a; }
inline bool is_barrier_broken(const OperationAnswer& looked) { return looked.b % 2 != 0; }
inline std::int64_t items_in_queue(const OperationAnswer& looked) { return looked.a; }
inline std::int64_t items_unfinished(const OperationAnswer& looked) {
  return looked.b;
}  // put, and not yet marked as done

// ---- acquire, release: lock, semaphore ------------------------------------------------------------------------------

inline constexpr std::int64_t kAnyToken = 0;       // release: whichever the client holds
inline constexpr std::int64_t kListedTokens = -1;  // release: those in the operation's only value

namespace operands {

// The holding or the unit with this token.
constexpr Operands release(std::int64_t token) { return {token}; }
// `units` of a semaphore: those whose tokens the operation's only value lists, and the rest of `units` beside them.
constexpr Operands release_listed(std::int64_t units) { return {kListedTokens, units}; }

}  // namespace operands

// Positive: a token. Otherwise kAnyToken, or a negative number, which stands for kListedTokens.
inline std::int64_t token_to_release(const Operation& op) { return op.a; }
inline std::int64_t units_to_release(const Operation& op) { return op.b; }  // 0 stands for 1

inline std::int64_t token_acquired(const OperationAnswer& answer) { return answer.a; }

// ---- wait, notify: event, condition ---------------------------------------------------------------------------------

namespace operands {

constexpr Operands notify(std::int64_t max_waiters) { return {max_waiters}; }

}  // namespace operands

inline std::int64_t waiters_to_wake(const Operation& op) { return op.a; }

// To wait: the event is set, or the condition was notified. To look: the event is set.
inline bool is_signalled(const OperationAnswer& answer) { return answer.a != 0; }
inline std::int64_t token_after_wait(const OperationAnswer& answer) { return answer.b; }  // the condition's lock
inline std::int64_t waiters_woken(const OperationAnswer& answer) { return answer.a; }

// ---- wait, acted: barrier -------------------------------------------------------------------------------------------

namespace operands {

constexpr Operands wait_at_barrier(bool has_action) { return {0, flag(has_action)}; }
// `round`: action_round() of the answer to wait. An action that did not succeed breaks the barrier.
constexpr Operands acted(bool succeeded, std::int64_t round) { return {flag(succeeded), round}; }

}  // namespace operands

inline bool has_action(const Operation& op) { return op.b != 0; }
inline bool action_succeeded(const Operation& op) { return op.a != 0; }
inline std::int64_t round_acted_in(const Operation& op) { return op.b; }

inline std::int64_t barrier_index(const OperationAnswer& answer) { return answer.a; }  // 0: the last to arrive
inline std::int64_t action_round(const OperationAnswer& answer) { return answer.b; }   // 0: there is no action to run

// ---- put, get, done, settle: queue ----------------------------------------------------------------------------------

namespace operands {

// Items on approval go back when the client goes before it settles them.
constexpr Operands get(std::int64_t max_items, bool on_approval) { return {max_items, flag(on_approval)}; }
constexpr Operands done(std::int64_t items) { return {items}; }
// `lease`: that of the answer to get. Items that are not done go back to their places.
constexpr Operands settle(std::int64_t lease, bool is_done) { return {lease, flag(is_done)}; }

}  // namespace operands

inline std::int64_t max_items(const Operation& op) { return op.a; }
inline bool is_on_approval(const Operation& op) { return op.b != 0; }
inline std::int64_t items_done(const Operation& op) { return op.a; }
inline std::int64_t lease_to_settle(const Operation& op) { return op.a; }
inline bool settles_as_done(const Operation& op) { return op.b != 0; }

inline std::int64_t items_put(const OperationAnswer& answer) { return answer.a; }  // also when the queue was full
inline std::int64_t lease_of(const OperationAnswer& got) { return got.a; }         // 0: the items are the client's

// ---- send, receive, poll, close, lend, look: pipe -------------------------------------------------------------------

namespace operands {

// send, poll, close, look; lend: the end stays open for the client that claims it.
constexpr Operands at_end(std::int64_t end) { return {end}; }
constexpr Operands receive(std::int64_t end, std::int64_t max_messages) { return {end, max_messages}; }
// lend: takes over the end that was lent under this ticket.
constexpr Operands claim(std::int64_t end, std::int64_t ticket) { return {end, ticket}; }
// lend: the end goes with the task whose id is the operation's only value: in its result, or among its arguments.
constexpr Operands place(std::int64_t ticket, bool in_result) { return {flag(in_result), ticket}; }
// close: the end that was lent under this ticket goes nowhere.
constexpr Operands take_back(std::int64_t end, std::int64_t ticket) { return {end, ticket}; }

}  // namespace operands

inline std::int64_t end_of_pipe(const Operation& op) { return op.a; }
inline std::int64_t max_messages(const Operation& op) { return op.b; }
inline std::int64_t ticket_to_claim(const Operation& op) { return op.b; }  // 0: lends
inline bool goes_in_result(const Operation& op) { return op.a != 0; }
// None: the operation does not name a task.
inline std::optional<TaskId> task_to_carry(const Operation& op) {
  TaskId::Bytes bytes{};
  if (op.values.size() != 1 || op.values[0].size() != bytes.size()) return std::nullopt;
  std::memcpy(bytes.data(), op.values[0].view().data(), bytes.size());
  return TaskId{bytes};
}
inline std::int64_t ticket_to_take_back(const Operation& op) { return op.b; }  // 0: closes

inline bool is_readable(const OperationAnswer& polled) { return polled.a != 0; }
inline std::int64_t ticket_of(const OperationAnswer& lent) { return lent.a; }
// Whether the broker takes loans back, and knows what carries them.
inline bool keeps_account(const OperationAnswer& lent) { return lent.b != 0; }

// ---- dict, list -----------------------------------------------------------------------------------------------------

enum class DictParts : std::int64_t { keys = 1, values = 2, both = 3 };

// Type of the numbers that add sums up; the sum must be one of them. `any`: integers of 64 bits, and doubles.
enum class NumberType : std::int64_t {
  any = 0,
  i8 = 1,
  i16 = 2,
  i32 = 3,
  i64 = 4,
  u8 = 5,
  u16 = 6,
  u32 = 7,
  u64 = 8,
  f32 = 9,
  f64 = 10,
};

namespace operands {

// A list's add, exchange, insert, pop, and store at any version. A negative index counts from the end.
constexpr Operands at_index(std::int64_t index) { return {index}; }
// A list's fetch and erase.
constexpr Operands elements(std::int64_t index, std::int64_t count) { return {index, count}; }
// add, of a list and of a dict.
constexpr Operands add_at(std::int64_t index, NumberType type) { return {index, static_cast<std::int64_t>(type)}; }
constexpr Operands add_in_dict(NumberType type) { return add_at(0, type); }
// store: only when the dict or list has this version still. Index 0 of a list.
constexpr Operands store_at_version(std::int64_t version) { return {0, version}; }
// set, of a list: only when it has this version still.
constexpr Operands order_at_version(std::int64_t version) { return {0, version}; }
// `from`: 0, or next_page() of the answer before.
constexpr Operands items_of_list(std::int64_t from) { return {0, from}; }
constexpr Operands items_of_dict(DictParts parts, std::int64_t from) {
  return {static_cast<std::int64_t>(parts), from};
}
// Waits for a version later than this one.
constexpr Operands watch(std::int64_t known_version) { return {known_version}; }

}  // namespace operands

// The order of a list: the old indices of its elements, four bytes each, the lowest byte first, in as many payloads as
// it takes. Bytes that are left over at the end of a payload count as an index that no list has.
std::vector<Payload> payloads_of_order(const std::vector<std::uint32_t>& order);
std::vector<std::uint32_t> order_in(const std::vector<Payload>& payloads);

inline std::int64_t index_of(const Operation& op) { return op.a; }
inline std::int64_t element_count(const Operation& op) { return op.b; }  // 0 stands for 1
inline NumberType type_of_sum(const Operation& op) { return static_cast<NumberType>(op.b); }
inline std::int64_t expected_version(const Operation& op) { return op.b; }  // 0: any
inline DictParts parts_to_list(const Operation& op) { return static_cast<DictParts>(op.a); }
inline std::int64_t page_start(const Operation& op) { return op.b; }
inline std::int64_t known_version(const Operation& op) { return op.a; }

inline std::int64_t version_of(const OperationAnswer& answer) { return answer.b; }
inline std::int64_t length_of(const OperationAnswer& answer) { return answer.a; }  // look, append
inline std::int64_t next_page(const OperationAnswer& answer) { return answer.a; }  // 0: this page is the last
inline bool has_key(const OperationAnswer& answer) { return answer.a != 0; }       // has, of a dict
inline std::int64_t found_at(const OperationAnswer& answer) { return answer.a; }   // has, of a list; -1: not there
inline std::int64_t times_found(const OperationAnswer& answer) { return answer.b; }
inline bool was_inserted(const OperationAnswer& answer) { return answer.a != 0; }            // insert, of a dict
inline bool changes_are_incomplete(const OperationAnswer& answer) { return answer.a != 0; }  // watch

}  // namespace forkmill::proto
