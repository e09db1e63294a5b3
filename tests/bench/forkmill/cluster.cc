#include "tests/bench/forkmill/cluster.h"

#include <utility>

namespace forkmill::bench {

Cluster::Cluster(const Programs& programs, const std::string& data, std::vector<std::string> arguments)
    : programs_{programs}, arguments_{std::move(arguments)}, port_{free_port()} {
  if (!data.empty()) scratch_.emplace(data);
  start_broker();
  wait_for_port(port_, *broker_);
}

Child Cluster::pool(int processes) const {
  return Child::program(
      {programs_.worker, "--broker", endpoint(), "--processes", std::to_string(processes), "--log-level", "error"});
}

Child Cluster::sessions(int sessions, int queues) const {
  return Child::program({programs_.sessions, "--broker", endpoint(), "--sessions", std::to_string(sessions), "--queues",
                         std::to_string(queues)});
}

std::uint64_t Cluster::bytes_on_disk() const { return scratch_ ? Scratch::bytes_below(scratch_->path()) : 0; }

void Cluster::kill_broker() {
  broker_->kill();
  broker_.reset();
}

void Cluster::start_broker() {
  std::vector<std::string> argv{programs_.broker, "--listen", endpoint(), "--insecure", "--log-level", "error"};
  if (scratch_) {
    argv.insert(argv.end(), {"--data", scratch_->path("broker")});
  } else {
    argv.emplace_back("--memory");
  }
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  broker_.emplace(Child::program(argv));
}

}  // namespace forkmill::bench
