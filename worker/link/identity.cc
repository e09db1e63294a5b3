#include "worker/link/identity.h"

#include <cstdlib>
#include <utility>

#include "proto/os/host.h"
#include "proto/transport/errors.h"
#include "proto/transport/keys/seal_file.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace forkmill::worker {

namespace {

// The instance of the worker in whose child this one runs; 0: it runs in none. (The workers of pools do.)
std::uint64_t worker_around() {
  const char* text = std::getenv("FORKMILL_CHILD_OF");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::string name_of(const LinkSetup& setup) {
  if (!setup.options.name.empty()) return setup.options.name;
  return proto::host_name() + "-" + std::to_string(setup.supervisor);
}

ForemanConfig config_of(const LinkSetup& setup) {
  ForemanConfig config;
  for (const auto& task : setup.registry.all()) config.tasks.push_back({task.name, task.hash});
  config.slots = pool_places(setup.options.processes);
  config.children = children_at_start(setup.options);
  if (follows_load(setup.options)) config.scaling = {config.children, setup.options.processes};
  config.max_tasks_per_child = setup.options.max_tasks_per_child;
  config.kill_grace = setup.options.kill_grace;
  config.name = name_of(setup);
  config.host = proto::host_name();
  config.max_processes = setup.options.max_processes;
  auto seals = proto::read_seal_keys(setup.options.seal_keys);
  if (!seals.ok()) throw proto::TransportError{"seal-keys: " + seals.failure().text};
  config.seals = std::move(seals).value();
  return config;
}

proto::Hello hello_of(const LinkSetup& setup) {
  proto::Hello hello;
  hello.instance = setup.instance;
  hello.role = proto::Role::worker;
  hello.name = name_of(setup);
  hello.host = proto::host_name();
  hello.pid = static_cast<std::uint32_t>(setup.supervisor);
  hello.child_of = worker_around();
  hello.software = "forkmill " FORKMILL_VERSION;
  hello.worker.queues = setup.options.queues;
  for (const auto& task : setup.registry.all()) hello.worker.tasks.push_back({task.name, task.signature});
  hello.worker.children = children_at_start(setup.options);
  hello.worker.max_processes = setup.options.max_processes;
  hello.worker.max_children = static_cast<std::uint32_t>(pool_places(setup.options.processes));
  hello.worker.restarts = setup.can_restart;
  hello.worker.logs = true;
  return hello;
}

}  // namespace forkmill::worker
