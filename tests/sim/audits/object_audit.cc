#include "tests/sim/audits/object_audit.h"

#include <array>
#include <map>
#include <utility>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/pipe.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using broker::Object;
using proto::ObjectKind;

namespace {

void require_of_object(bool holds, const Object& object, std::string_view text) {
  if (!holds)
    throw Violation{"objects: " + object.name() + " " + std::to_string(object.id().value()) + ": " + std::string{text}};
}

void check_clients(const broker::Core& core, const Object& object) {
  for (const Object::Hold& hold : object.holders())
    require_of_object(core.state().clients.contains(hold.client), object, "a client that is gone holds it");
  for (const broker::Line& line : object.lines)
    for (const broker::Call* call : line)
      require_of_object(core.state().clients.contains(call->client), object, "a client that is gone waits for it");
}

// Checks the calls that are first in line for items and for room.
void check_queue(const Object& object) {
  constexpr std::size_t kGetters = 0;
  constexpr std::size_t kPutters = 1;
  require_of_object(object.size() == 0 || object.lines[kGetters].empty(), object,
                    "a client waits for an item, although there is one");
  const auto& putters = object.lines[kPutters];
  if (putters.empty()) return;
  const auto capacity = object.spec().size;
  const broker::Call& first = *putters.front();
  const auto needed = object.durable() ? std::ssize(first.op.values) : 1;
  require_of_object(capacity > 0 && static_cast<std::int64_t>(object.size()) + needed > capacity, object,
                    "a client waits for room, although there is some");
}

// Checks the first call of each end that waits for room.
void check_pipe(const Object& object) {
  const auto& pipe = dynamic_cast<const broker::Pipe&>(object);
  std::array<bool, 2> seen{};
  for (const broker::Line& line : object.lines) {
    for (const broker::Call* call : line) {
      if (call->op.verb != proto::Verb::send) continue;
      const std::size_t end = call->op.a == 0 ? 0 : 1;
      const auto next = static_cast<std::size_t>(call->count);
      if (std::exchange(seen[end], true) || next >= call->op.values.size()) continue;
      require_of_object(!pipe.has_room(end, call->op.values[next].size()), object,
                        "a client waits for room in one direction, although there is some");
    }
  }
}

}  // namespace

// Each object, and what it has, counts for its maker.
void ObjectAudit::check_makers(const broker::Core& core) {
  struct Made {
    std::size_t objects = 0;
    std::size_t bytes = 0;
  };
  std::map<const broker::Owner*, Made> made;
  core.objects().directory().visit([&](const Object& object) {
    std::size_t waiting = 0;
    for (const broker::Line& line : object.lines)
      for (const broker::Call* call : line) waiting += call->counted_bytes;
    Made& of_maker = made[object.maker()];
    ++of_maker.objects;
    of_maker.bytes += object.contents().bytes + waiting;
  });
  for (const broker::Owner& owner : core.state().tasks.owners.all()) {
    const Made& counted = made[&owner];
    if (counted.objects != owner.objects || counted.bytes != owner.object_bytes)
      throw Violation{"objects: the quotas of principal '" + owner.name + "' do not count its objects"};
  }
}

// Answers with values count for the principals of their clients until these have confirmed them.
void ObjectAudit::check_answers(const broker::Core& core) {
  std::map<const broker::Owner*, std::size_t> bytes;
  for (const auto& [client, operations] : core.objects().answers().all()) {
    for (const auto& [number, entry] : operations.entries) {
      std::size_t values = 0;
      for (const proto::Payload& value : entry.answer.values) values += value.size();
      if (entry.counted != 0 && entry.counted != values)
        throw Violation{"objects: an answer counts for other bytes than its values have"};
      bytes[operations.owner] += entry.counted;
    }
  }
  for (const broker::Owner& owner : core.state().tasks.owners.all())
    if (bytes[&owner] != owner.answer_bytes)
      throw Violation{"objects: the unconfirmed answers of principal '" + owner.name + "' are not those that count"};
}

void ObjectAudit::round(const broker::Core& core) const {
  check_makers(core);
  check_answers(core);
  core.objects().directory().visit([&](const Object& object) {
    check_clients(core, object);
    switch (object.spec().kind) {
      case ObjectKind::lock:
        require_of_object(object.size() > 0 || object.waiting() == 0, object,
                          "a client waits for it, although it is free");
        break;
      case ObjectKind::event:
        require_of_object(object.size() == 0 || object.waiting() == 0, object,
                          "a client waits for it, although it is set");
        break;
      case ObjectKind::queue:
        check_queue(object);
        require_of_object(object.spec().size <= 0 || static_cast<std::int64_t>(object.size()) <= object.spec().size ||
                              history_.lends(object.id().value()),
                          object, "it has more items than its capacity");
        break;
      case ObjectKind::semaphore:
        check_semaphore(object);
        break;
      case ObjectKind::pipe:
        check_pipe(object);
        break;
      default:
        break;
    }
  });
}

void ObjectAudit::check_semaphore(const Object& object) const {
  require_of_object(object.size() == 0 || object.waiting() == 0, object, "a client waits for it, although it is free");
  auto units = static_cast<std::int64_t>(object.size());
  for (const Object::Hold& hold : object.holders()) units += hold.count;
  const std::int64_t initial = object.spec().size;
  if (units - initial < history_.certain_surplus(object.id().value()) ||
      units - initial > history_.surplus(object.id().value()))
    require_of_object(false, object,
                      "it has " + std::to_string(units) + " units, but had " + std::to_string(initial) + " at first");
}

// Leaves out waits on a condition: such a wait ends when the waiter has the lock again, however long that takes.
void ObjectAudit::waits(const broker::Core& core) {
  core.objects().directory().visit([&](const Object& object) {
    constexpr milliseconds kGrain{2};
    for (const broker::Line& line : object.lines) {
      for (const broker::Call* call : line) {
        if (call->op.object != object.id().value() || object.spec().kind == ObjectKind::condition) continue;
        const auto waited = std::chrono::duration_cast<milliseconds>(core.state().clock.now() - call->since);
        require_of_object(call->op.wait.count() < 0 || waited - kGrain <= call->op.wait, object,
                          "a client waits for longer than it asked to");
      }
    }
  });
}

void ObjectAudit::nothing_left(const broker::Core& core) {
  const auto& directory = core.objects().directory();
  directory.visit([&](const Object& object) {
    require_of_object(object.spec().kind != ObjectKind::pipe, object,
                      "it is left, although no client has an end of it");
    require_of_object((object.spec().flags & proto::kObjectOwned) == 0, object,
                      "it is left, although its owner is gone");
    require_of_object(object.spec().other == 0 || directory.find(broker::ObjectId{object.spec().other}) != nullptr,
                      object, "it is left, although the object that it goes with is gone");
    require_of_object(object.holders().empty(), object, "it is held, although all clients are gone");
    require_of_object(object.waiting() == 0, object, "a call waits for it, although all clients are gone");
  });
  if (core.objects().loans().in_tasks()) throw Violation{"objects: a loan is left of a task that has ended"};
  if (core.objects().loans().in_results()) throw Violation{"objects: a loan is left of a result that no client awaits"};
}

void ObjectAudit::nothing_held(const broker::Core& core) {
  core.objects().directory().visit([&](const Object& object) {
    if (object.spec().kind == ObjectKind::pipe) return;  // an end is held until it is closed
    require_of_object(object.holders().empty(), object, "it is held, but no client knows of that");
    require_of_object(object.waiting() == 0, object, "a call waits for it, but no client knows of that");
  });
}

}  // namespace forkmill::sim
