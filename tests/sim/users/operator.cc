#include "tests/sim/users/operator.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

using namespace std::chrono_literals;

void Operator::act() {
  Random& random = world_.random;
  const std::string queue = Workload::queue_name(random.below(world_.options.queues));
  const std::string name = Workload::task_name(random.below(world_.options.kinds));
  switch (random.below(11)) {
    case 0:
    case 1:
      return give_for_a_while(proto::PauseQueue{queue}, proto::ResumeQueue{queue});
    case 2:
      return give_for_a_while(proto::PauseName{name}, proto::ResumeName{name});
    case 3:
      return questions_.give(random.chance(0.5) ? proto::AnyCommand{proto::ResumeQueue{queue}}
                                                : proto::AnyCommand{proto::ResumeName{name}});
    case 4:
    case 5:
      return steer_a_worker();
    case 6:
    case 7:
      return move_tasks();
    case 8:
      return end_a_task();
    default:
      return give_for_a_while(draw_limits(queue), proto::LimitQueue{.queue = queue, .reset = true});
  }
}

proto::ChangeTasks Operator::new_change(proto::TaskAction action) {
  proto::ChangeTasks order;
  order.id = TaskId::make(1, world_.random.next(), world_.random.next());
  order.action = action;
  order.dry_run = world_.random.chance(0.1);
  return order;
}

void Operator::move_tasks() {
  Random& random = world_.random;
  const bool to_queue = random.chance(0.6);
  proto::ChangeTasks order = new_change(to_queue ? proto::TaskAction::move : proto::TaskAction::reprioritise);
  if (to_queue) order.queue = Workload::queue_name(random.below(world_.options.queues));
  order.priority = to_queue ? 0 : static_cast<std::int32_t>(random.between(0, 4)) - 2;
  if (random.chance(0.6)) order.filter.queue = Workload::queue_name(random.below(world_.options.queues));
  if (random.chance(0.3)) order.filter.name = Workload::task_name(random.below(world_.options.kinds));
  if (random.chance(0.2) && !workload_.known().empty())
    order.filter.id = random.pick(workload_.known()).to_string().substr(0, random.chance(0.5) ? 36 : 10);
  if (random.chance(0.1)) order.filter.state = "failed";
  history_.requests().move_asked();
  questions_.give(order);
}

// Cancels one of the latest tasks, which most likely has not ended, or drops a task as a dead letter, if it is one.
void Operator::end_a_task() {
  if (workload_.known().empty()) return;
  const bool cancels = world_.random.chance(0.7);
  const std::vector<TaskId>& known = workload_.known();
  constexpr std::size_t kLatest = 6;
  const std::size_t back = world_.random.below(std::min(cancels ? kLatest : known.size(), known.size()));
  const TaskId id = known[known.size() - 1 - back];
  proto::ChangeTasks order = new_change(cancels ? proto::TaskAction::cancel : proto::TaskAction::drop);
  order.filter.id = id.to_string();
  order.running = world_.random.chance(0.5);
  if (cancels)
    (void)history_.requests().cancel_asked(id);
  else
    (void)history_.requests().dead_asked(id, {});
  questions_.give(order);
}

void Operator::steer_a_worker() {
  Random& random = world_.random;
  proto::SteerWorkers order;
  order.name = "worker-" + std::to_string(random.below(world_.options.workers));
  order.action = static_cast<proto::WorkerAction>(random.between(1, 4));
  if (order.action == proto::WorkerAction::scale)
    order.children = static_cast<std::uint32_t>(random.between(1, 2 * world_.options.children));
  if (order.action != proto::WorkerAction::pause) return questions_.give(order);
  proto::SteerWorkers end = order;
  end.action = proto::WorkerAction::resume;
  give_for_a_while(order, end);
}

proto::LimitQueue Operator::draw_limits(const std::string& queue) {
  proto::LimitQueue limits{.queue = queue, .reset = world_.random.chance(0.3)};
  if (world_.random.chance(0.7)) limits.max_running = world_.random.between(1, 4);
  if (limits.max_running == 0 || world_.random.chance(0.3)) limits.max_tasks = world_.random.between(2, 60);
  return limits;
}

void Operator::give_for_a_while(proto::AnyCommand begin, proto::AnyCommand end) {
  const Instant while_set = world_.random.between(Instant{0}, Instant{4s});
  questions_.give(std::move(begin), [this, end = std::move(end), while_set](const proto::Reply&) {
    world_.after(while_set, [this, end] {
      if (session_.up()) questions_.give(end);
    });
  });
}

void Operator::end_all(const broker::Controls& controls) {
  if (!session_.up()) return;
  for (const auto& [queue, control] : controls.queues) {
    if (control.paused) questions_.give(proto::ResumeQueue{queue});
    if (control.has_limits()) questions_.give(proto::LimitQueue{.queue = queue, .reset = true});
  }
  for (const auto& [name, control] : controls.names) questions_.give(proto::ResumeName{name});
  for (const auto& [name, control] : controls.workers)
    questions_.give(proto::SteerWorkers{proto::WorkerAction::resume, name, "", 0});
}

}  // namespace forkmill::sim
