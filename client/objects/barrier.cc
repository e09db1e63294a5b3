#include <forkmill/sync.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/objects/errors.h"
#include "client/objects/opening.h"

namespace forkmill {

using client::ObjectKind;
using client::Verb;

namespace {

constexpr std::chrono::nanoseconds kLongestTimeout = proto::limits::kMaxDuration;

}  // namespace

Barrier::Barrier(std::string_view name, std::int64_t parties, Action action, detail::Wait timeout,
                 const ObjectOptions& options)
    : Handle{[&] {
        if (parties < 1) throw std::invalid_argument{"a barrier of " + std::to_string(parties) + " parties"};
        const auto flags = action ? proto::kObjectActs : 0;
        return client::open_object(options, client::spec_of(ObjectKind::barrier, name, parties, flags));
      }()},
      timeout_{timeout} {
  if (action) action_ = std::make_shared<const Action>(std::move(action));
}
Barrier::Barrier(const detail::Ticket& ticket, detail::FromTicket)
    : Handle{client::open_object(ticket, ObjectKind::barrier)} {
  if (ticket.number != 0) timeout_ = std::chrono::nanoseconds{ticket.number - 1};
}

// The ticket carries the time limit in nanoseconds plus one; 0: none.
detail::Ticket Barrier::travel_ticket() const {
  auto ticket = this->ticket();
  if (timeout_) ticket.number = std::clamp<std::int64_t>(timeout_->count(), 0, kLongestTimeout.count()) + 1;
  return ticket;
}

std::int64_t Barrier::wait_within(detail::Wait wait) {
  const auto answer = object().call({.verb = Verb::wait,
                                     .operands = client::operands::wait_at_barrier(action_ != nullptr),
                                     .wait = wait,
                                     .patient = true});
  if (answer.code == Errc::timeout) throw BrokenBarrier{client::about_object(name(), answer)};
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
