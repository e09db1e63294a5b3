#include "tests/sim/nodes/worker_setup.h"

#include <forkmill/signature.h>

#include "tests/sim/users/workload.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

worker::ForemanConfig draw_worker(World& world, std::size_t number, const std::string& name) {
  const Options& options = world.options;
  worker::ForemanConfig config;
  const bool all = number == 0 || !options.specialists;
  for (std::size_t i = 0; i < options.kinds; ++i)
    if (all || world.random.chance(0.5)) config.tasks.push_back({Workload::task_name(i), signature_hash(kSignature)});
  config.children = world.random.between(1, options.children);
  config.slots = options.steering > 0 ? 2 * config.children : config.children;
  config.max_tasks_per_child = options.max_tasks_per_child;
  config.kill_grace = world.random.between(Instant{10ms}, Instant{1s});
  config.name = name;
  config.host = "host";
  config.max_processes = all ? options.max_processes : world.random.below(options.max_processes + 1);
  return config;
}

proto::Hello draw_hello(World& world, std::size_t number, const worker::ForemanConfig& config, std::uint64_t instance) {
  proto::Hello hello;
  hello.role = proto::Role::worker;
  hello.name = config.name;
  hello.host = config.host;
  hello.instance = instance;
  hello.worker.children = static_cast<std::uint32_t>(config.children);
  hello.worker.logs = true;
  hello.worker.max_children = static_cast<std::uint32_t>(config.slots);
  hello.worker.max_processes = static_cast<std::uint32_t>(config.max_processes);
  const bool all = number == 0 || !world.options.specialists;
  for (std::size_t i = 0; i < world.options.queues; ++i)
    if (all || world.random.chance(0.5)) hello.worker.queues.push_back(Workload::queue_name(i));
  for (const auto& task : config.tasks) hello.worker.tasks.push_back({task.name, kSignature});
  return hello;
}

void pass_on(worker::Foreman& foreman, Instant now, worker::ChildKey child, const ChildWork::Said& said) {
  if (said.kind == ChildWork::Said::born) return foreman.handle(now, child, worker::ChildBorn{});
  if (said.kind == ChildWork::Said::progress)
    return foreman.handle(now, child, worker::ChildProgress{said.serial, said.fraction, "half"});
  worker::ChildResult result;
  result.serial = said.serial;
  result.verdict = said.verdict;
  result.leaving = said.leaving;
  result.run_us = said.run_us;
  result.retry_delay_ms = said.retry_delay_ms;
  result.code = said.verdict == worker::Verdict::succeeded ? 0 : static_cast<std::uint16_t>(Errc::handler_error);
  result.payload = said.value;
  result.printed = said.printed;
  foreman.handle(now, child, result);
}

}  // namespace forkmill::sim
