#include "tests/sim/users/cancels.h"

#include <forkmill/serialize.h>

namespace forkmill::sim {

Cancels::Cancels(World& world, Requests& history, Workload& workload, std::string name, SessionHands& session)
    : world_{world}, history_{history}, workload_{workload}, name_{std::move(name)}, session_{session} {
  workload_.cancel_listeners.push_back([this](const TaskId& id, std::string_view by) { cancel_as_well(id, by); });
}

void Cancels::cancel(const TaskId& id) {
  ask(id);
  workload_.wanted_cancelled(id, name_);
}

void Cancels::cancel_soon(const TaskId& id) {
  const Instant longest = 8 * world_.options.net_delay + 2 * world_.options.run_time;
  world_.after(world_.random.between(Instant{0}, longest), [this, id] {
    if (!session_.up()) return;
    cancel(id);
    session_.wake_soon();
  });
}

// Asks to cancel a task as well, while the first client may still wait for its answer.
void Cancels::cancel_as_well(const TaskId& id, std::string_view first) {
  if (first == name_ || !session_.up() || !world_.random.chance(0.1)) return;
  world_.after(world_.random.between(Instant{0}, 4 * world_.options.net_delay), [this, id] {
    if (!session_.up()) return;
    ask(id);
    session_.wake_soon();
  });
}

void Cancels::ask(const TaskId& id) {
  const Cookie cookie = draw_cookie(world_.random);
  auto order = history_.cancel_asked(id);
  // The answer to an earlier request may settle this one as well.
  if (!order.certain) asked_early_.insert(id);
  order.certain = order.certain && !asked_early_.contains(id);
  cancels_[cookie] = order;
  session_.handle(client::CancelTask{.id = id, .cookie = cookie, .unless_started = world_.random.chance(0.3)});
}

void Cancels::answered(Cookie cookie, const proto::Reply& reply) {
  const auto asked = cancels_.find(cookie);
  if (asked == cancels_.end()) return;
  const auto state = static_cast<proto::CancelState>(unpack_value<unsigned>(reply.body.view()));
  history_.cancel_answered(asked->second, state);
  cancels_.erase(asked);
}

}  // namespace forkmill::sim
