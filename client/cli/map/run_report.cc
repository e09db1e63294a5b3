#include "client/cli/map/run_report.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/os/write_all.h"
#include "client/cli/report/task_facts.h"

namespace forkmill::cli {

RunReport::RunReport(std::string path, std::int64_t now_ms)
    : path_{std::move(path)},
      file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)},
      facts_{.title = "forkmill map", .from_ms = now_ms} {
  if (!file_.valid()) throw UsageError{"--report: cannot open " + path_ + ": " + std::strerror(errno)};
}

void RunReport::add(const Ended& ended) {
  if (facts_.tasks.size() == kMaxJobs)
    facts_.is_cut = true;
  else
    facts_.tasks.push_back(facts_of(ended));
}

void RunReport::write(std::int64_t now_ms) {
  facts_.to_ms = now_ms;
  for (const auto& task : facts_.tasks) {  // the clocks of workers may differ from that of this machine
    if (task.started_ms > 0) facts_.from_ms = std::min(facts_.from_ms, task.started_ms);
    facts_.to_ms = std::max(facts_.to_ms, task.finished_ms);
  }
  write_all(file_.get(), report_page(facts_), path_.c_str());
}

}  // namespace forkmill::cli
