#include <forkmill/sync.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "client/objects/opening.h"
#include "proto/session/shards.h"

namespace forkmill {

using client::Object;
using client::ObjectKind;
using client::Verb;

namespace {

std::shared_ptr<Object> open_condition(const ObjectOptions& options, std::string_view name, const Object& lock,
                                       std::int64_t flags = 0) {
  auto spec = client::spec_of(ObjectKind::condition, name, 0, flags);
  spec.other = lock.number();
  return client::open_object(options, std::move(spec));
}

// The lock lives where the name of the condition says.
std::string lock_name(std::string_view condition, const ObjectOptions& options) {
  const auto place = proto::ObjectPlace::parse(client::placed_name(condition, options));
  if (!place.ok()) throw Error{Errc::name_invalid, place.failure().text};
  return place->with_name(place->name.empty() ? std::string{} : place->name + ":lock");
}

}  // namespace

Condition::Condition(std::string_view name, const ObjectOptions& options)
    : lock_{name.empty() ? RLock{options} : RLock{lock_name(name, options), options}} {
  object_ = open_condition(options, name, lock_.shared(), proto::kObjectTakesOther);
}

Condition::Condition(std::string_view name, const detail::AnyLock& lock, const ObjectOptions& options) : lock_{lock} {
  object_ = open_condition(options.at(lock_.shared().engine_ref()), name, lock_.shared());
}

// The lock's name, and whether it is recursive, travel behind the condition's own name.
Condition::Condition(const detail::Ticket& ticket, detail::FromTicket from) {
  const auto parting = ticket.name.find(' ');
  if (parting == std::string::npos) throw msgpack::type_error{};
  detail::Ticket lock;
  lock.name = ticket.name.substr(parting + 1);
  lock.flags = ticket.flags;
  lock_ = Own{RLock{lock, from}};
  object_ = open_condition(ObjectOptions{}.must_exist(), ticket.name.substr(0, parting), lock_.shared());
}

detail::Ticket Condition::travel_ticket() const {
  auto both = lock_.ticket();
  both.name = name() + ' ' + both.name;
  return both;
}

// There is no time limit on this side: however long it takes, the lock is held again when this returns.
bool Condition::Own::wait_on(Object& condition, detail::Wait wait) {
  auto& holding = object().holding();
  const auto thread = client::this_thread_number();
  const auto held = holding.release_all(thread);
  const auto call = condition.start({.verb = Verb::wait, .wait = wait});
  call->wait({});
  const auto& answer = call->answer();
  if (answer.code == Errc::not_held && held.count > 0) holding.restore(held);
  if (answer.code != Errc::ok) condition.fail(answer);
  holding.resume(held, proto::token_after_wait(answer), thread);
  return proto::is_signalled(answer);
}

bool Condition::wait_within(detail::Wait wait) { return lock_.wait_on(object(), wait); }

std::int64_t Condition::notify(std::int64_t how_many) {
  if (how_many < 0) throw std::invalid_argument{"notify(" + std::to_string(how_many) + ")"};
  return proto::waiters_woken(object().require({.verb = Verb::notify, .operands = client::operands::notify(how_many)}));
}
std::int64_t Condition::notify_all() { return notify(std::numeric_limits<std::int64_t>::max()); }

}  // namespace forkmill
