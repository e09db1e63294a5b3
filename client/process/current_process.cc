#include <forkmill/process.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "proto/os/host.h"

namespace forkmill {

namespace {

// A variable of the environment that the worker's supervisor sets in the process that it forks. Null: empty or not set.
const char* set_by_supervisor(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? text : nullptr;
}

}  // namespace

CurrentProcess current_process() {
  CurrentProcess self;
  self.pid = static_cast<std::uint32_t>(::getpid());
  self.ppid = static_cast<std::uint32_t>(::getppid());
  self.host = proto::host_name();
  self.daemon = set_by_supervisor("FORKMILL_DAEMON") != nullptr;
  if (const char* parent = set_by_supervisor("FORKMILL_PARENT"))
    self.ppid = static_cast<std::uint32_t>(std::strtoul(parent, nullptr, 10));
  if (const char* name = std::getenv("FORKMILL_PROCESS"))
    self.name = name;
  else
    self.name =
        set_by_supervisor("FORKMILL_CHILD_OF") != nullptr ? "PoolWorker-" + std::to_string(self.pid) : "MainProcess";
  return self;
}

unsigned cpu_count() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&cpus), 1));
}

}  // namespace forkmill
