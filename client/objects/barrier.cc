#include <forkmill/sync.h>

#include <stdexcept>
#include <utility>

#include "client/objects/opening.h"

namespace forkmill {

using client::ObjectKind;
using client::Verb;

Barrier::Barrier(std::string_view name, std::int64_t parties, Action action, ObjectOptions options)
    : Handle{[&] {
        if (parties < 1) throw std::invalid_argument{"a barrier of " + std::to_string(parties) + " parties"};
        return client::open_object(options, client::spec_of(ObjectKind::barrier, name, parties));
      }()} {
  if (action) action_ = std::make_shared<const Action>(std::move(action));
}
Barrier::Barrier(const detail::Ticket& ticket, detail::FromTicket)
    : Handle{client::open_object(ticket, ObjectKind::barrier)} {}

std::int64_t Barrier::wait_within(detail::Wait wait) {
  const auto answer = object().call(
      {.verb = Verb::wait, .operands = client::operands::wait_at_barrier(action_ != nullptr), .wait = wait});
  if (answer.code == Errc::timeout) throw BrokenBarrier{"the broker did not answer in time ('" + name() + "')"};
  if (answer.code != Errc::ok) object().fail(answer);
  const auto round = proto::action_round(answer);
  if (round == 0) return proto::barrier_index(answer);
  try {
    (*action_)();
  } catch (...) {
    object().call({.verb = Verb::acted, .operands = client::operands::acted(false, round)});
    throw;
  }
  object().require({.verb = Verb::acted, .operands = client::operands::acted(true, round)});
  return proto::barrier_index(answer);
}

void Barrier::reset() { object().require({.verb = Verb::reset}); }
void Barrier::abort() { object().require({.verb = Verb::abort}); }
std::int64_t Barrier::parties() const { return object().spec().size; }
std::int64_t Barrier::n_waiting() const { return proto::arrived_at_barrier(object().require({.verb = Verb::look})); }
bool Barrier::broken() const { return proto::is_barrier_broken(object().require({.verb = Verb::look})); }

}  // namespace forkmill
