#include <forkmill/process.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "client/engine/options.h"

namespace forkmill {

namespace {

// What the worker's supervisor said to the process that it forked.
const char* told(const char* what) {
  const char* text = std::getenv(what);
  return text != nullptr && *text != '\0' ? text : nullptr;
}

}  // namespace

CurrentProcess current_process() {
  CurrentProcess self;
  self.pid = static_cast<std::uint32_t>(::getpid());
  self.ppid = static_cast<std::uint32_t>(::getppid());
  self.host = client::host_name();
  self.daemon = told("FORKMILL_DAEMON") != nullptr;
  if (const char* parent = told("FORKMILL_PARENT"))
    self.ppid = static_cast<std::uint32_t>(std::strtoul(parent, nullptr, 10));
  if (const char* name = std::getenv("FORKMILL_PROCESS"))
    self.name = name;
  else
    self.name = told("FORKMILL_CHILD_OF") != nullptr ? "PoolWorker-" + std::to_string(self.pid) : "MainProcess";
  return self;
}

unsigned cpu_count() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&cpus), 1));
}

}  // namespace forkmill
