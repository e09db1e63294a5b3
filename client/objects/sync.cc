#include <forkmill/sync.h>

#include <stdexcept>
#include <utility>

#include "client/futures/log.h"
#include "client/objects/object.h"

namespace forkmill {

namespace {

using client::Object;
using client::ObjectKind;
using client::Verb;

std::shared_ptr<Object> open(std::string_view name, const ObjectOptions& options, ObjectKind kind,
                             std::int64_t size = 0, std::int64_t flags = 0, std::uint64_t other = 0) {
  proto::ObjectSpec spec;
  spec.name = name;
  spec.kind = kind;
  spec.size = size;
  spec.flags = flags;
  spec.other = other;
  return Object::open(options, std::move(spec));
}

proto::Payload flag(bool value) { return client::payload_of(pack_value(value)); }

}  // namespace

// ---- Locks and semaphores -------------------------------------------------------------------------------------------

namespace detail {

namespace {

bool is_semaphore(const Object& object) { return object.spec().kind == ObjectKind::semaphore; }

void have_acquired(Object& object, std::int64_t token, std::uint64_t thread) {
  if (is_semaphore(object))
    object.engine().holdings().units().add(object.number(), thread, token);
  else
    object.acquired(token);
}

// The broker is told which units these are: those that it has given to others meanwhile, as this client was out of
// reach for too long, must not come back once more.
void release_units(Object& object, std::int64_t how_many) {
  auto& units = object.engine().holdings().units();
  const auto tokens = units.remove(object.number(), client::this_thread_number(), how_many);
  const auto answer =
      object.call({.verb = Verb::release, .a = -1, .b = how_many, .values = {client::payload_of(pack_value(tokens))}});
  if (answer.code == Errc::ok) return;
  if (answer.code == Errc::over_released)
    for (const std::int64_t token : tokens) units.add(object.number(), client::this_thread_number(), token);
  object.fail(answer);
}

}  // namespace

bool Acquirable::acquire_within(Wait wait) {
  auto& object = this->object();
  const auto undo = [&object](Object::Answer& late) { object.forget({.verb = Verb::release, .a = late.a}); };
  const auto answer = object.call({.verb = Verb::acquire, .wait = wait}, undo);
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) object.fail(answer);
  have_acquired(object, answer.a, client::this_thread_number());
  return true;
}

Future<bool> Acquirable::acquire_later(Wait wait) {
  auto state = make_ref<RemoteState>(object().engine_ref(), TaskId{});
  const auto call = object().start({.verb = Verb::acquire, .wait = wait});
  call->add(
      new client::OnAnswer{[state, self = object_, thread = client::this_thread_number()](Object::Answer& answer) {
        try {
          if (answer.code != Errc::ok && answer.code != Errc::timeout) self->fail(answer);
          if (answer.code == Errc::ok) have_acquired(*self, answer.a, thread);
          const auto bytes = flag(answer.code == Errc::ok);
          state->succeed(bytes.owner(), bytes.view());
        } catch (...) {
          state->fail(std::current_exception());
        }
      }});
  return task_future<bool>(std::move(state));
}

void Acquirable::release_one() {
  auto& object = this->object();
  if (is_semaphore(object)) return release_units(object, 1);
  const auto held = object.take_one();
  const auto answer = object.call({.verb = Verb::release, .a = held.token});
  if (answer.code == Errc::ok) return;
  if (answer.code == Errc::not_held && held.count > 0) object.hold(held);  // another thread's, and so it stays
  object.fail(answer);
}

void Acquirable::unlock() noexcept {
  try {
    release_one();
  } catch (const std::exception& error) {
    client::log().error("unlock: {}", error.what());
  }
}

std::int64_t AnyLock::token() const { return object().token(); }

}  // namespace detail

Lock::Lock(std::string_view name, ObjectOptions options) : AnyLock{open(name, options, ObjectKind::lock)} {}
Lock::Lock(const detail::Ticket& ticket, detail::FromTicket) : AnyLock{Object::open(ticket, ObjectKind::lock)} {}
bool Lock::locked() const { return object().require({.verb = Verb::look}).a > 0; }

RLock::RLock(std::string_view name, ObjectOptions options)
    : AnyLock{open(name, options, ObjectKind::lock, 0, proto::kObjectRecursive)} {}
RLock::RLock(const detail::Ticket& ticket, detail::FromTicket) : AnyLock{Object::open(ticket, ObjectKind::lock)} {}
bool RLock::locked() const { return object().require({.verb = Verb::look}).a > 0; }

Semaphore::Semaphore(std::string_view name, std::int64_t value, ObjectOptions options)
    : Semaphore{name, value, 0, std::move(options)} {}
Semaphore::Semaphore(std::string_view name, std::int64_t value, std::int64_t flags, ObjectOptions options)
    : Acquirable{[&] {
        if (value < 0) throw std::invalid_argument{"a semaphore's value is " + std::to_string(value) + ", below 0"};
        return open(name, options, ObjectKind::semaphore, value, flags);
      }()} {}
Semaphore::Semaphore(const detail::Ticket& ticket, detail::FromTicket)
    : Acquirable{Object::open(ticket, ObjectKind::semaphore)} {}

void Semaphore::release(std::int64_t how_many) {
  if (how_many < 1) throw std::invalid_argument{"a semaphore is to be released " + std::to_string(how_many) + " times"};
  detail::release_units(object(), how_many);
}

std::int64_t Semaphore::value() const { return object().require({.verb = Verb::look}).a; }

BoundedSemaphore::BoundedSemaphore(std::string_view name, std::int64_t value, ObjectOptions options)
    : Semaphore{name, value, proto::kObjectBounded, std::move(options)} {}

// ---- Event ----------------------------------------------------------------------------------------------------------

Event::Event(std::string_view name, ObjectOptions options) : Handle{open(name, options, ObjectKind::event)} {}
Event::Event(const detail::Ticket& ticket, detail::FromTicket) : Handle{Object::open(ticket, ObjectKind::event)} {}
void Event::set() { object().require({.verb = Verb::set}); }
void Event::clear() { object().require({.verb = Verb::clear}); }
bool Event::is_set() const { return object().require({.verb = Verb::look}).a != 0; }

bool Event::wait_within(detail::Wait wait) const {
  const auto answer = object().call({.verb = Verb::wait, .wait = wait});
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return answer.a != 0;
}

Future<bool> Event::wait_later(detail::Wait wait) const {
  return detail::task_future<bool>(object().later(
      {.verb = Verb::wait, .wait = wait}, [](Object&, const Object::Answer& answer) { return flag(answer.a != 0); }));
}

// ---- Condition ------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t number_of(const client::Object& object) { return object.number(); }

}  // namespace

Condition::Condition(std::string_view name, ObjectOptions options)
    : lock_{name.empty() ? RLock{options} : RLock{std::string{name} + ":lock", options}} {
  object_ = open(name, options, ObjectKind::condition, 0, 0, number_of(lock_.shared()));
}

Condition::Condition(std::string_view name, const detail::AnyLock& lock, ObjectOptions options) : lock_{lock} {
  const auto where = ObjectOptions{lock_.shared().engine_ref()};
  object_ = open(name, options.is_durable() ? where.durable() : where, ObjectKind::condition, 0, 0,
                 number_of(lock_.shared()));
}

// The lock's name, and whether it is recursive, go along behind the condition's own.
Condition::Condition(const detail::Ticket& ticket, detail::FromTicket from) {
  const auto parting = ticket.name.find(' ');
  if (parting == std::string::npos) throw msgpack::type_error{};
  detail::Ticket lock;
  lock.name = ticket.name.substr(parting + 1);
  lock.flags = ticket.flags;
  lock_ = Own{RLock{lock, from}};
  object_ = open(ticket.name.substr(0, parting), ObjectOptions{}.must_exist(), ObjectKind::condition, 0, 0,
                 number_of(lock_.shared()));
}

detail::Ticket Condition::travel_ticket() const {
  auto both = lock_.ticket();
  both.name = name() + ' ' + both.name;
  return both;
}

// Without a time limit of this side's own: however long it takes, the lock is held again when it returns.
bool Condition::Own::wait_on(client::Object& condition, detail::Wait wait) {
  auto held = object().take_all();
  const auto call = condition.start({.verb = Verb::wait, .wait = wait});
  call->wait({});
  const auto& answer = call->answer();
  if (answer.code == Errc::not_held && held.count > 0) object().hold(held);
  if (answer.code != Errc::ok) condition.fail(answer);
  held.token = answer.b;
  held.losses = object().engine().holdings().losses();
  if (held.count > 0) object().hold(held);
  return answer.a != 0;
}

bool Condition::wait_within(detail::Wait wait) { return lock_.wait_on(object(), wait); }

std::int64_t Condition::notify(std::int64_t how_many) {
  if (how_many < 0) throw std::invalid_argument{"notify(" + std::to_string(how_many) + ")"};
  return object().require({.verb = Verb::notify, .a = how_many}).a;
}
std::int64_t Condition::notify_all() { return notify(std::numeric_limits<std::int64_t>::max()); }

// ---- Barrier --------------------------------------------------------------------------------------------------------

Barrier::Barrier(std::string_view name, std::int64_t parties, Action action, ObjectOptions options)
    : Handle{[&] {
        if (parties < 1) throw std::invalid_argument{"a barrier of " + std::to_string(parties) + " parties"};
        return open(name, options, ObjectKind::barrier, parties);
      }()} {
  if (action) action_ = std::make_shared<const Action>(std::move(action));
}
Barrier::Barrier(const detail::Ticket& ticket, detail::FromTicket)
    : Handle{Object::open(ticket, ObjectKind::barrier)} {}

std::int64_t Barrier::wait_within(detail::Wait wait) {
  auto answer = object().call({.verb = Verb::wait, .b = action_ ? 1 : 0, .wait = wait});
  if (answer.code == Errc::timeout) throw BrokenBarrier{"nobody answered in time ('" + name() + "')"};
  if (answer.code != Errc::ok) object().fail(answer);
  if (answer.b == 0) return answer.a;
  try {
    (*action_)();
  } catch (...) {
    object().call({.verb = Verb::acted, .a = 0, .b = answer.b});
    throw;
  }
  object().require({.verb = Verb::acted, .a = 1, .b = answer.b});
  return answer.a;
}

void Barrier::reset() { object().require({.verb = Verb::reset}); }
void Barrier::abort() { object().require({.verb = Verb::abort}); }
std::int64_t Barrier::parties() const { return object().spec().size; }
std::int64_t Barrier::n_waiting() const { return object().require({.verb = Verb::look}).a; }
bool Barrier::broken() const { return object().require({.verb = Verb::look}).b % 2 != 0; }

}  // namespace forkmill
