#include "tests/sim/users/operator.h"

#include <utility>

#include "tests/sim/users/workload.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

void Operator::act() {
  Random& random = world_.random;
  const std::string queue = Workload::queue_name(random.below(world_.options.queues));
  const std::string name = Workload::task_name(random.below(world_.options.kinds));
  switch (random.below(8)) {
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
    default:
      return give_for_a_while(draw_limits(queue), proto::LimitQueue{.queue = queue, .reset = true});
  }
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
