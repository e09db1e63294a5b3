#include <forkmill/process.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "proto/os/cpus.h"
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

bool ParentProcess::is_alive() const { return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM; }

std::optional<ParentProcess> parent_process() {
  const char* parent = set_by_supervisor("FORKMILL_PARENT");
  if (parent == nullptr) return std::nullopt;
  return ParentProcess{static_cast<std::uint32_t>(std::strtoul(parent, nullptr, 10))};
}

unsigned cpu_count() { return proto::usable_cpus(); }

}  // namespace forkmill
