#include "worker/link/process_report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "proto/os/control_groups.h"
#include "proto/os/memory.h"
#include "proto/os/processes.h"
#include "worker/link/identity.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/scaling/pool_sizer.h"

namespace forkmill::worker {

namespace {

// Null: there is no such process any more.
proto::ProcessRow* add_row(proto::Report& report, pid_t pid, proto::ProcessRole role, const std::string& command) {
  auto row = proto::process_row(pid, role);
  if (!row) return nullptr;
  row->command = command;
  return &report.processes.emplace_back(std::move(*row));
}

proto::milliseconds unix_time_of(proto::Instant instant, proto::Now now) {
  return now.unix_time - std::chrono::duration_cast<proto::milliseconds>(now.steady - instant);
}

}  // namespace

proto::Report report_processes(const LinkSetup& setup, proto::Now now, const ChildRings& rings,
                               const Foreman& foreman) {
  proto::Report report;
  const std::string shortage = foreman.shortage(now.steady);
  add_row(report, setup.supervisor, proto::ProcessRole::supervisor,
          "worker " + name_of(setup) + (shortage.empty() ? "" : " (takes no tasks: " + shortage + ")"));
  add_row(report, ::getpid(), proto::ProcessRole::link, "link");
  for (const auto& [slot, child] : rings.all()) {
    const bool process = slot >= pool_places(setup.options.processes);
    auto* row = add_row(report, child.pid, process ? proto::ProcessRole::process : proto::ProcessRole::child, "idle");
    const auto [task, since] = foreman.running(slot);
    if (row == nullptr || task == nullptr) continue;
    row->grant = task->grant;
    row->task_started_at = process ? row->started_at : unix_time_of(since, now);
    const std::string& label = task->spec->options.label;
    row->command = label.empty() ? task->spec->name : task->spec->name + " " + label;
  }
  return report;
}

MemoryRoom room_for_children(const proto::Report& report) {
  const auto spare = proto::spare_memory_of_groups(proto::own_control_groups(), "/sys/fs/cgroup");
  if (!spare) return {};
  std::uint64_t largest = 0;
  for (const proto::ProcessRow& row : report.processes)
    if (row.role == proto::ProcessRole::child) largest = std::max(largest, row.rss_bytes);
  return {children_that_fit(*spare, largest)};
}

}  // namespace forkmill::worker
