#include "tests/bench/forkmill/cluster.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "proto/transport/keys/key_files.h"
#include "proto/transport/local_peer.h"
#include "tests/eventually.h"

namespace forkmill::bench {

Child start_pool(const Programs& programs, const std::string& endpoints, int processes, const std::string& queue) {
  return Child::program({programs.worker, "--broker", endpoints, "--processes", std::to_string(processes), "--queues",
                         queue, "--log-level", "error"});
}

Cluster::Cluster(const Programs& programs, const std::string& data, std::vector<std::string> arguments, bool keys,
                 const std::string& postgres, bool ipc, int shards)
    : programs_{programs},
      arguments_{std::move(arguments)},
      shards_{shards},
      port_{free_port(shards > 1 ? shards : 0)} {
  if (!postgres.empty())
    postgres_.emplace(data, postgres == "standby");
  else if (!data.empty())
    scratch_.emplace(data);
  if (keys) make_keys();
  if (ipc) socket_.emplace("");
  start_broker();
  if (!ipc)
    wait_for_port(port_, *broker_);
  else if (!tests::eventually([this] { return !proto::listener_on(endpoint()).empty(); }))
    throw std::runtime_error{"no broker listens on " + endpoint()};
}

std::string Cluster::endpoint() const {
  return socket_ ? "ipc://" + socket_->path("broker") : "tcp://127.0.0.1:" + std::to_string(port_);
}

// Pools and clients find the key of their own in the environment. Hostile peers have another one, with quotas.
void Cluster::make_keys() {
  keys_.emplace("");
  const auto own = proto::make_key_pair();
  const auto hostile = proto::make_key_pair();
  if (!proto::write_key_pair(keys_->path("broker.key"), proto::make_key_pair()).ok() ||
      !proto::write_key_pair(keys_->path("own.key"), own).ok() ||
      !proto::write_key_pair(keys_->path("hostile.key"), hostile).ok())
    throw std::runtime_error{"cannot write keys to " + keys_->path()};
  std::ofstream{keys_->path("authorized_keys")} << "bench worker,client " << to_string(own.public_key)
                                                << "\nhostile client " << to_string(hostile.public_key)
                                                << " max-queued=1000 max-queued-bytes=1MiB max-objects=1000\n";
  ::setenv("FORKMILL_KEY", keys_->path("own.key").c_str(), 1);
  ::setenv("FORKMILL_SERVER_PUBLIC_KEY", keys_->path("broker.key.pub").c_str(), 1);
}

Child Cluster::pool(int processes) const { return start_pool(programs_, endpoint(), processes, queue()); }

Child Cluster::sessions(int sessions, int queues) const {
  return Child::program({programs_.sessions, "--broker", endpoint(), "--sessions", std::to_string(sessions), "--queues",
                         std::to_string(queues)});
}

Child Cluster::hostile(const std::string& flood) const {
  std::vector<std::string> argv{programs_.hostile, flood, "--endpoint", endpoint()};
  if (keys_)
    argv.insert(argv.end(),
                {"--key", keys_->path("hostile.key"), "--server-public-key", keys_->path("broker.key.pub")});
  return Child::program(argv);
}

Child Cluster::burner(double share) const {
  return Child::program({programs_.hostile, "burn", "--share", std::to_string(share)});
}

std::uint64_t Cluster::bytes_on_disk() const {
  if (postgres_) return Scratch::bytes_below(postgres_->path());
  return scratch_ ? Scratch::bytes_below(scratch_->path()) : 0;
}

void Cluster::kill_broker() {
  broker_->kill();
  broker_.reset();
}

void Cluster::start_broker() {
  std::vector<std::string> argv{programs_.broker, "--listen", endpoint(), "--log-level", "error"};
  if (keys_) {
    argv.insert(argv.end(),
                {"--server-key", keys_->path("broker.key"), "--authorized-keys", keys_->path("authorized_keys")});
  } else {
    argv.emplace_back("--insecure");
  }
  if (postgres_) {
    const auto words = postgres_->broker_arguments();
    argv.insert(argv.end(), words.begin(), words.end());
    if (shards_ > 1) argv.insert(argv.end(), {"--shards", std::to_string(shards_)});
  } else if (scratch_) {
    argv.insert(argv.end(), {"--data", scratch_->path("broker")});
  } else {
    argv.emplace_back("--memory");
  }
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  broker_.emplace(Child::program(argv));
}

}  // namespace forkmill::bench
