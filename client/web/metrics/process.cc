#include "client/web/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "proto/os/processes.h"

namespace forkmill::web {

namespace {

using Kind = Exposition::Kind;

void add_descriptors(Exposition& text) {
  std::error_code error;
  std::filesystem::directory_iterator open{"/proc/self/fd", error};
  if (error) return;
  text.begin("process_open_fds", Kind::gauge, "Open file descriptors.");
  text.add(static_cast<double>(std::distance(begin(open), end(open))));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  text.begin("process_max_fds", Kind::gauge, "The most file descriptors.");
  text.add(static_cast<double>(limit.rlim_cur));
}

}  // namespace

void add_process(Exposition& text) {
  const auto row = proto::process_row(::getpid(), proto::ProcessRole::supervisor);
  if (row) {
    text.begin("process_cpu_seconds", Kind::counter, "CPU time of the gateway.");
    text.add(static_cast<double>(row->cpu_us) / 1e6);
    text.begin("process_resident_memory_bytes", Kind::gauge, "Memory of the gateway.");
    text.add(static_cast<double>(row->rss_bytes));
    text.begin("process_start_time_seconds", Kind::gauge, "Start of the gateway, in seconds since 1970.");
    text.add(std::chrono::duration<double>(row->started_at).count());
  }
  add_descriptors(text);
}

}  // namespace forkmill::web
