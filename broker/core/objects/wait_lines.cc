#include "broker/core/objects/wait_lines.h"

#include <algorithm>
#include <utility>

#include "broker/core/objects/record.h"
#include "proto/limits.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// A durable put that is half done must not begin again after a restart.
void note_progress(const Object& object, const Call& call, OperationAnswers& operations) {
  if (!object.durable() || !object.dirty || call.op.verb != Verb::put || call.count == 0) return;
  operations.mark_dirty(call.client);
}

// A client that waits for a condition must not find after a restart that it does not hold the lock.
void note_condition_waiter(const Call& call, OperationAnswers& operations) {
  if (waits_for_condition(call)) operations.mark_dirty(call.client);
}

}  // namespace

bool WaitLines::may_wait(Verb verb) {
  switch (verb) {
    case Verb::acquire:
    case Verb::wait:
    case Verb::put:
    case Verb::get:
    case Verb::join:
    case Verb::send:
    case Verb::receive:
    case Verb::poll:
    case Verb::watch:
      return true;
    default:
      return false;
  }
}

void WaitLines::add(std::unique_ptr<Call> call, CachedOperations::Entry& entry) {
  Call& waiting = *call;
  entry.waits = std::move(call);
  Object& object = *waiting.object;
  waiting.line = object.line(waiting);
  Line& line = object.lines[waiting.line];
  waiting.place = line.insert(line.end(), &waiting);
  waiting.deadline = deadlines_.end();
  waiting.counted_bytes = waiting.bytes();
  object.waiting_bytes += waiting.counted_bytes;
  if (waiting.counted_bytes > 0) note_changed(object);
  note_progress(object, waiting, operations_);
  note_condition_waiter(waiting, operations_);
  const milliseconds wait = std::min(waiting.op.wait, limits::kMaxDuration);
  if (wait.count() > 0) waiting.deadline = deadlines_.emplace(state_.clock.now() + wait, &waiting);
  if (wait.count() == 0) expire(waiting);
}

void WaitLines::restore(CachedOperations& operations, CachedOperations::ConditionWaiter waiter) {
  Object* object = find(ObjectId{waiter.op.object});
  if (object == nullptr) return;
  auto call = std::make_unique<Call>();
  call->client = operations.client;
  call->op = std::move(waiter.op);
  call->since = state_.clock.now();
  call->step = waiter.step;
  call->count = waiter.count;
  call->object = object;
  CachedOperations::Entry& entry = operations.entries[call->op.number];
  add(std::move(call), entry);
}

void WaitLines::remove(Call& call) {
  call.object->lines[call.line].erase(call.place);
  call.object->waiting_bytes -= call.counted_bytes;
  stop_clock(call);
}

void WaitLines::move(Call& call, Object& to, std::size_t line) {
  note_changed(*call.object);
  remove(call);
  call.object = &to;
  to.waiting_bytes += call.counted_bytes;
  call.line = line;
  call.place = to.lines[line].insert(to.lines[line].end(), &call);
  note_changed(to);
  note_condition_waiter(call, operations_);
}

void WaitLines::expire(Call& call) {
  Object& object = *call.object;
  auto answer = object.expire(call);
  note_changed(object);
  if (!answer) return stop_clock(call);
  remove(call);
  operations_.answer(call.client, call.op.number, &object, std::move(*answer));
}

void WaitLines::fail_all(Object& object, Errc code) {
  for (Line& line : object.lines) {
    while (!line.empty()) {
      Call& call = *line.front();
      remove(call);
      operations_.answer(call.client, call.op.number, nullptr, failed(code));
    }
  }
}

std::optional<ObjectId> WaitLines::pop_changed() {
  if (changed_.empty()) return std::nullopt;
  const ObjectId id = changed_.back();
  changed_.pop_back();
  return id;
}

void WaitLines::advance(Object& object) {
  bool further = true;
  while (further) {
    further = false;
    for (Line& line : object.lines) {
      while (!line.empty()) {
        Call& head = *line.front();
        if (auto answer = object.attempt(head)) {
          remove(head);
          operations_.answer(head.client, head.op.number, &object, std::move(*answer));
        } else if (const std::size_t now = object.line(head); now != head.line) {
          Line& other = object.lines[now];
          other.splice(other.end(), line, head.place);
          head.line = now;
        } else {
          note_progress(object, head, operations_);
          break;
        }
        further = true;
      }
    }
  }
}

Call* WaitLines::next_expired() const {
  const bool expired = !deadlines_.empty() && deadlines_.begin()->first <= state_.clock.now();
  return expired ? deadlines_.begin()->second : nullptr;
}

void WaitLines::stop_clock(Call& call) {
  if (call.deadline != deadlines_.end()) deadlines_.erase(std::exchange(call.deadline, deadlines_.end()));
}

}  // namespace forkmill::broker
