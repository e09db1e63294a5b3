#include "broker/host.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "broker/cluster/announcement.h"
#include "broker/cluster/children.h"
#include "broker/cluster/endpoints.h"
#include "broker/cluster/membership.h"
#include "broker/door.h"
#include "broker/offline_commands.h"
#include "proto/os/host.h"
#include "proto/os/output/logging.h"
#include "proto/os/ready_note.h"
#include "proto/os/real_env.h"

namespace forkmill::broker {

namespace {

// The options of the process of a shard. What the host has for all processes is divided.
ProgramOptions options_of_shard(const ProgramOptions& options, std::uint64_t shard) {
  ProgramOptions its = options;
  its.sharding.shard = shard;
  its.listen = shard_endpoints(options.listen, shard);
  its.sharding.advertise = shard_endpoints(options.sharding.advertise, shard);
  its.announce.clear();
  if (!its.audit.path.empty()) its.audit.path += ".shard-" + std::to_string(shard);
  its.memory_limit = options.usable_memory() / options.sharding.shards;
  return its;
}

PostgresOptions store_options(const ProgramOptions& options) {
  proto::RealEnv env;
  return postgres_options(options, fresh_store_id(env));
}

class Host {
 public:
  Host(const ProgramOptions& options, std::shared_ptr<spdlog::logger> log, std::function<int(ProgramOptions)> serve)
      : options_{options}, log_{std::move(log)}, serve_{std::move(serve)} {
    children_.add(0);
    for (std::uint64_t shard = 1; shard <= options.sharding.shards; ++shard) children_.add(shard);
  }

  int run() {
    join();
    children_.start(proto::RealEnv::steady());
    proto::send_ready_note();
    log_->info("broker {} of a cluster with {} shards", options_.sharding.broker, options_.sharding.shards);
    for (;;) {
      children_.start(proto::RealEnv::steady());
      proto::flush_log(*log_);
      const int signal = wait();
      if (signal == SIGTERM || signal == SIGINT || (signal == SIGHUP && !heeds_hangup(options_))) return leave(0);
      if (signal == SIGHUP) {
        proto::reopen_log(*log_);
        children_.signal_all(SIGHUP);
      }
      if (!children_.reap(proto::RealEnv::steady())) return leave(1);
      if (proto::RealEnv::steady() >= look_at_ && !look()) return leave(1);
    }
  }

 private:
  int run_child(Children::Number number) {
    ::unsetenv(proto::kNotifyVariable);  // NOLINT(concurrency-mt-unsafe): there is no thread yet
    if (number != 0) return serve_(options_of_shard(options_, number));
    try {
      return run_door(options_, maps_, log_, [this] { announce(options_.announce, options_.listen); });
    } catch (const std::exception& error) {
      proto::write_stderr(std::string{"forkmill-broker: "} + error.what());
      return Children::kHopeless;
    }
  }

  // Waits for a signal, or until the next look. Returns its number; 0: none has come.
  int wait() const {
    const auto left = std::max(look_at_ - proto::RealEnv::steady(), proto::Instant{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec most{seconds.count(), std::chrono::nanoseconds{left - seconds}.count()};
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    const int signal = ::sigtimedwait(&set, nullptr, &most);
    return signal < 0 ? 0 : signal;
  }

  // The first look. A broker that was killed counts as alive for as long as its lease lasts.
  void join() {
    const auto patience_ends = proto::RealEnv::steady() + 2 * proto::Instant{kLease};
    for (;;) {
      try {
        take(membership_.look());
        return;
      } catch (const Membership::NameTaken&) {
        if (proto::RealEnv::steady() >= patience_ends) throw;
        look_at_ = proto::RealEnv::steady() + kLeaseLook;
        if (wait() == SIGTERM) throw;
      } catch (const Interrupted& interrupted) {
        throw StoreError{interrupted.what()};
      }
    }
  }

  // Returns false if this broker cannot go on.
  bool look() {
    look_at_ = proto::RealEnv::steady() + kLeaseRenewal;
    try {
      take(membership_.look());
      if (std::exchange(is_away_, false)) log_->info("the database is back");
    } catch (const Membership::NameTaken& error) {
      log_->critical("{}", error.what());
      return false;
    } catch (const std::runtime_error& error) {  // the processes of the shards say how the database is
      if (!std::exchange(is_away_, true)) log_->warn("the database is away: {}", error.what());
    }
    return true;
  }

  void take(const Membership::News& news) {
    look_at_ = proto::RealEnv::steady() + kLeaseRenewal;
    maps_.send(news.map);  // also if it is the same: the door may be another process than before
    const auto shard = hand_over_.look(news.view);
    if (!shard || children_.is_ending(*shard)) return;
    hand_over_.begun();
    log_->info("handing shard {} over to {}", *shard, choose_owners(news.view).at(*shard));
    children_.restart(*shard);
  }

  int leave(int code) {
    log_->info("shutting down");
    membership_.leave();  // others are chosen for the shards from now on
    return children_.stop() ? code : std::max(code, 1);
  }

  const ProgramOptions& options_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::function<int(ProgramOptions)> serve_;
  MapPipe maps_;
  Children children_{[this](Children::Number number) { return run_child(number); }, log_};
  Membership membership_{store_options(options_), options_.sharding.broker};
  HandOver hand_over_{options_.sharding.broker};
  bool is_away_ = false;  // the database
  proto::Instant look_at_{0};
};

}  // namespace

int run_host(const ProgramOptions& options, const std::shared_ptr<spdlog::logger>& log,
             const std::function<int(ProgramOptions)>& serve) {
  return Host{options, log, serve}.run();
}

}  // namespace forkmill::broker
