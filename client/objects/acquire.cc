#include "client/objects/acquire.h"

#include <forkmill/sync.h>

#include <exception>
#include <utility>

#include "client/futures/log.h"
#include "client/objects/on_answer.h"
#include "client/objects/values.h"

namespace forkmill {

namespace client {

namespace {

bool is_semaphore(const Object& object) { return object.spec().kind == ObjectKind::semaphore; }

}  // namespace

void note_acquired(Object& object, const Object::Answer& answer, std::uint64_t thread) {
  const auto token = proto::token_acquired(answer);
  if (is_semaphore(object))
    object.engine().holdings().units().add(object.number(), thread, token);
  else
    object.holding().acquired(token, thread);
}

void release_units(Object& semaphore, std::int64_t units) {
  auto& held = semaphore.engine().holdings().units();
  const auto tokens = held.remove(semaphore.number(), this_thread_number(), units);
  const auto answer = semaphore.call(
      {.verb = Verb::release, .operands = operands::release_listed(units), .values = {payload_of(pack_value(tokens))}});
  if (answer.code == Errc::ok) return;
  if (answer.code == Errc::over_released)
    for (const std::int64_t token : tokens) held.add(semaphore.number(), this_thread_number(), token);
  semaphore.fail(answer);
}

}  // namespace client

namespace detail {

using client::Object;
using client::Verb;

bool Acquirable::acquire_within(Wait wait) {
  auto& object = this->object();
  const auto undo = [&object](Object::Answer& late) {
    object.post({.verb = Verb::release, .operands = client::operands::release(proto::token_acquired(late))});
  };
  const auto answer = object.call({.verb = Verb::acquire, .wait = wait}, undo);
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) object.fail(answer);
  client::note_acquired(object, answer, client::this_thread_number());
  return true;
}

Future<bool> Acquirable::acquire_later(Wait wait) {
  const auto note = [&object = object(), thread = client::this_thread_number()](Object::Answer& answer) {
    if (answer.code != Errc::ok && answer.code != Errc::timeout) object.fail(answer);
    if (answer.code == Errc::ok) client::note_acquired(object, answer, thread);
    return client::payload_of(pack_value(answer.code == Errc::ok));
  };
  return task_future<bool>(client::state_of_answer(object_, {.verb = Verb::acquire, .wait = wait}, note));
}

void Acquirable::release_one() {
  auto& object = this->object();
  if (client::is_semaphore(object)) return client::release_units(object, 1);
  const auto held = object.holding().release_one(object.name());
  const auto answer = object.call({.verb = Verb::release, .operands = client::operands::release(held.token)});
  if (answer.code == Errc::ok) return;
  if (answer.code == Errc::not_held && held.count > 0) object.holding().restore(held);  // another thread holds it
  object.fail(answer);
}

void Acquirable::unlock() noexcept {
  try {
    release_one();
  } catch (const std::exception& error) {
    client::log().error("unlock: {}", error.what());
  }
}

}  // namespace detail
}  // namespace forkmill
