#include "tests/sim/objects/object_rules.h"

#include <map>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

// A number stands for one object; a durable object keeps its number and outlives the broker.
void check_numbers(const ObjectHistory& history) {
  std::map<std::int64_t, const ObjectCall*> first, made;
  std::map<std::size_t, const ObjectCall*> durable;
  for (const ObjectCall& call : history.all()) {
    if (history.durable(call.shared) && call.answer.code == Errc::object_unknown &&
        (!call.is(Verb::open) || durable.contains(call.shared)))
      violated(history, call, "a durable object is gone");
    if (!call.is(Verb::open) || !call.ok()) continue;
    if (first.emplace(call.answer.a, &call).first->second->shared != call.shared)
      violated(history, call, "its number is that of another object");
    if (call.answer.b != 0 && !made.emplace(call.answer.a, &call).second)
      violated(history, call, "an object was made under a number that another object had had");
    if (history.durable(call.shared) && durable.emplace(call.shared, &call).first->second->answer.a != call.answer.a)
      violated(history, call, "a durable object was made a second time");
  }
}

void check_object(const ObjectHistory& history, const Selection& calls, bool final) {
  switch (history.shared(calls.front()->shared).role) {
    case Role::lock:
      return check_lock(history, calls);
    case Role::semaphore:
      return check_semaphore(history, calls);
    case Role::queue:
      return check_queue(history, calls, final);
    case Role::counter:
      return check_counter(history, calls);
    case Role::cell:
      return check_cell(history, calls);
    case Role::event:
      return check_event(history, calls);
    case Role::barrier:
      return check_barrier(history, calls);
    case Role::table:
      return check_table(history, calls, true);
    case Role::list:
      return check_table(history, calls, false);
    case Role::joinable:
      check_joinable(history, calls);
      return check_joins(history, calls);
    case Role::monitor:
      return;  // checked with its condition
    case Role::condition:
      check_condition(history, calls);
      return check_lock_of_condition(history, calls);
    case Role::pipe:
      return check_pipe(history, calls);
  }
}

}  // namespace

void check_objects(const ObjectHistory& history) {
  check_numbers(history);
  std::map<std::uint64_t, Selection> by_number;
  std::map<std::size_t, std::uint64_t> last_number;  // the number of each object at the end
  for (const ObjectCall& call : history.all()) {
    if (call.is(Verb::open)) {
      last_number[call.shared] = call.ok() ? static_cast<std::uint64_t>(call.answer.a) : 0;
    } else {
      by_number[call.op.object].push_back(&call);
    }
  }
  for (const auto& [number, calls] : by_number)
    check_object(history, calls, last_number[calls.front()->shared] == number);
}

}  // namespace forkmill::sim
