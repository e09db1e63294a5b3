#include <forkmill/sync.h>

#include "client/objects/on_answer.h"
#include "client/objects/opening.h"
#include "client/objects/readiness.h"
#include "client/objects/values.h"

namespace forkmill {

using client::Object;
using client::ObjectKind;
using client::Verb;

Event::Event(std::string_view name, const ObjectOptions& options)
    : Handle{client::open_object(options, client::spec_of(ObjectKind::event, name))} {}
Event::Event(const detail::Ticket& ticket, detail::FromTicket)
    : Handle{client::open_object(ticket, ObjectKind::event)} {}
void Event::set() { object().require({.verb = Verb::set}); }
void Event::clear() { object().require({.verb = Verb::clear}); }
bool Event::is_set() const { return proto::is_signalled(object().require({.verb = Verb::look})); }

bool Event::wait_within(detail::Wait wait) const {
  const auto answer = object().call({.verb = Verb::wait, .wait = wait});
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return proto::is_signalled(answer);
}

std::shared_ptr<detail::Readiness> Event::readiness() const {
  object();  // throws if the handle is empty
  return std::make_shared<client::ObjectReadiness>(object_, Verb::wait);
}

Future<bool> Event::wait_later(detail::Wait wait) const {
  object();  // throws if the handle is empty
  return detail::task_future<bool>(client::state_of_success(
      object_, {.verb = Verb::wait, .wait = wait},
      [](const Object::Answer& answer) { return client::payload_of(pack_value(proto::is_signalled(answer))); }));
}

}  // namespace forkmill
