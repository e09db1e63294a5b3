#include "tests/sim/users/object_user.h"

#include <utility>

#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

void ObjectUser::act() {
  if (!caller_.up() || caller_.objects().count() == 0) return;
  const std::size_t shared = caller_.world().random.below(caller_.objects().count());
  if (caller_.objects()[shared].number == 0)
    open(shared);
  else
    use(shared);
}

void ObjectUser::finish() {
  caller_.finishing = true;
  for (std::size_t i = 0; i < caller_.objects().count(); ++i) open(i);
}

void ObjectUser::open(std::size_t number) {
  const Shared& shared = caller_.objects().shared(number);
  Operation op = caller_.make(number, Verb::open);
  op.object = 0;
  op.spec = shared.spec;
  if (shared.role == Role::condition) {
    op.spec->other = caller_.objects()[shared.partner].number;
    if (op.spec->other == 0) return caller_.finishing ? void() : open(shared.partner);
  }
  if (shared.role == Role::pipe) {
    if (caller_.finishing) return;
    op.a = static_cast<std::int64_t>(caller_.world().random.between(1, 3));
  }
  if (caller_.finishing) op.spec->flags |= proto::kObjectMustExist;
  caller_.call(number, std::move(op), false);
}

void ObjectUser::use(std::size_t shared) {
  switch (caller_.objects().shared(shared).role) {
    case Role::lock:
    case Role::monitor:
      return use_lock(caller_, shared);
    case Role::semaphore:
      return use_semaphore(caller_, shared);
    case Role::queue:
      return use_queue(caller_, shared);
    case Role::counter:
      return use_counter(caller_, shared);
    case Role::cell:
      return use_cell(caller_, shared);
    case Role::event:
      return use_event(caller_, shared);
    case Role::barrier:
      return use_barrier(caller_, shared);
    case Role::table:
      return use_table(caller_, shared);
    case Role::list:
      return use_list(caller_, shared);
    case Role::joinable:
      return use_joinable(caller_, shared);
    case Role::condition:
      return use_condition(shared);
    case Role::pipe:
      return use_or_lend(shared);
  }
}

void ObjectUser::use_or_lend(std::size_t pipe) {
  constexpr double kLends = 0.15;
  const std::int64_t ends = caller_.objects()[pipe].ends;
  if (ends == 0) return open(pipe);
  if (!caller_.world().random.chance(kLends)) return use_pipe(caller_, pipe);
  lender_.lend(pipe, ends == 3 ? static_cast<std::int64_t>(caller_.world().random.below(2)) : ends - 1);
}

void ObjectUser::use_condition(std::size_t shared) {
  const std::size_t lock = caller_.objects().shared(shared).partner;
  if (caller_.objects()[lock].number == 0) return open(lock);
  conditions_.use(shared);
}

void ObjectUser::answered(Cookie cookie, const proto::OperationAnswer& answer) {
  const ObjectCall call = caller_.answered(cookie, answer);
  if (removing_) return;
  const Role role = caller_.objects().shared(call.shared).role;
  if (call.is(Verb::wait) && role == Role::condition) return conditions_.woken(call);
  if (!call.ok()) return;
  if (call.is(Verb::open)) return opened(call);
  if (call.is(Verb::lend)) return lender_.answered(call);
  if (call.is(Verb::receive)) return lender_.read(call);
  if (call.is(Verb::get) && !caller_.finishing) lender_.read(call);
  if (call.is(Verb::acquire))
    return role == Role::monitor ? conditions_.acquired(call) : release_after_a_while(caller_, call);
  if (call.is(Verb::get)) return caller_.finishing ? read_rest(call.shared) : finish_items(caller_, call);
  if (call.is(Verb::wait) && role == Role::barrier && answer.b != 0) return run_action(caller_, call);
}

void ObjectUser::opened(const ObjectCall& open) {
  caller_.objects()[open.shared].number = static_cast<std::uint64_t>(open.answer.a);
  if (caller_.finishing)
    read_rest(open.shared);
  else if (!caller_.world().calm)
    use(open.shared);
}

void ObjectUser::remove_all() {
  removing_ = true;
  for (std::size_t i = 0; i < caller_.objects().count(); ++i) {
    if (caller_.objects()[i].number == 0) continue;
    Operation beside = caller_.make(i, Verb::open);
    beside.object = 0;
    beside.spec = proto::ObjectSpec{};
    beside.spec->name = caller_.objects().shared(i).spec.name + ":lock";
    beside.spec->other = caller_.objects()[i].number;
    caller_.call(i, std::move(beside), false);
    caller_.call(i, caller_.make(i, Verb::remove), false);
  }
}

void ObjectUser::read_rest(std::size_t shared) {
  const Role role = caller_.objects().shared(shared).role;
  if (role == Role::queue) {
    Operation op = caller_.make(shared, Verb::get);
    op.a = 100;
    return caller_.call(shared, std::move(op));
  }
  if (role == Role::table || role == Role::list) {
    Operation op = caller_.make(shared, Verb::items);
    op.a = role == Role::table ? 3 : 0;
    return caller_.call(shared, std::move(op));
  }
  if (role == Role::joinable) return caller_.call(shared, caller_.make(shared, Verb::look));
  if (role != Role::counter && role != Role::cell) return;
  Operation op = caller_.make(shared, Verb::fetch);
  op.values = {Payload::own(kValueKey)};
  caller_.call(shared, std::move(op));
}

}  // namespace forkmill::sim
