#include "tests/bench/forkmill/cpu_parts.h"

#include <unistd.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::bench {

namespace {

std::string name_of(pid_t process, const std::vector<ThreadTime>& threads) {
  for (const auto& thread : threads) {
    if (thread.id == process) return thread.name;
  }
  return {};
}

std::string part_of(pid_t process, std::string_view process_name, pid_t broker, std::string_view client_name,
                    const ThreadTime& thread) {
  const bool io = thread.name.starts_with("ZMQbg");
  if (process == broker) return io ? "broker.io" : thread.name == "store" ? "broker.store" : "broker.loop";
  if (process_name == "forkmill-link") return io ? "link.io" : "link.loop";
  if (process_name == "forkmill-child") return "child";
  if (process_name == "postgres") return "postgres";
  if (process_name != client_name) return "rest";
  if (io) return "client.io";
  return thread.id == process ? "client.main" : "client.engine";
}

}  // namespace

CpuParts parts_of_forkmill(pid_t broker) {
  return [broker] {
    std::map<std::string, double> sums;
    for (const char* part : {"client.main", "client.engine", "client.io", "broker.loop", "broker.store", "broker.io",
                             "link.loop", "link.io", "child", "postgres", "rest"})
      sums[part] = 0;
    const std::string client = name_of(getpid(), threads_of(getpid()));
    for (const pid_t process : process_tree(getpid())) {
      const auto threads = threads_of(process);
      const std::string name = name_of(process, threads);
      for (const auto& thread : threads) sums[part_of(process, name, broker, client, thread)] += thread.seconds;
    }
    return std::vector<std::pair<std::string, double>>{sums.begin(), sums.end()};
  };
}

}  // namespace forkmill::bench
