// How a fresh fork of the supervisor becomes the link or a child. Both close what is not theirs, and never return.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <string>

#include "worker/confinement/enclosures.h"
#include "worker/ipc/bell.h"
#include "worker/ipc/control.h"
#include "worker/supervisor/supervisor_setup.h"

namespace forkmill::worker {

// Purpose: what a child that is forked for one task knows about itself.
struct Purpose {
  std::string label;
  bool daemon = false;
  std::int32_t parent = 0;  // pid of the task's submitter
  bool hosts_pool = false;  // the child has children of its own (pool_tasks.cc), and ends them in order
};

struct ChildRole {
  bool process = false;  // forked for one task
  const Purpose& purpose;
  int shared_area = -1;
  int link_bell = -1;  // Bell::writer
  int out = -1;        // to become the child's stdout and stderr
  int err = -1;
  const Enclosure& enclosure;
};

[[noreturn]] void become_link(const Origin& origin, Control control, const Bell& bell, spdlog::logger& log);
[[noreturn]] void become_child(const Origin& origin, const ChildRole& role);

}  // namespace forkmill::worker
