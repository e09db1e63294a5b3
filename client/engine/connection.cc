#include "client/engine/connection.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "client/engine/holdings/received_loans.h"
#include "client/engine/resolve_waiters.h"
#include "client/futures/log.h"
#include "proto/names.h"
#include "proto/os/host.h"
#include "proto/os/real_env.h"
#include "proto/text.h"

namespace forkmill::client {

namespace {

constexpr int kRoundsOfAStep = 64;  // the driver then looks whether it has its answer
constexpr std::size_t kFewTasks = 16;

std::uint64_t worker_around() {
  const char* text = std::getenv("FORKMILL_CHILD_OF");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

SessionOptions session_options(const ClientOptions& options, std::uint64_t seed, Holdings& holdings) {
  SessionOptions session;
  session.name = options.name;
  session.host = proto::host_name();
  session.pid = static_cast<std::uint32_t>(::getpid());
  session.software = "forkmill " FORKMILL_VERSION;
  session.on_queue_full = options.when_full == WhenFull::reject ? OnQueueFull::reject : OnQueueFull::resend;
  if (options.when_full == WhenFull::timeout) session.resend_for = std::max(options.submit_timeout, milliseconds{1});
  session.seed = seed;
  session.instance = holdings.owner();
  session.child_of = worker_around();
  session.has_standbys = proto::split_endpoints(options.endpoint).size() > 1;
  session.on_message = [&holdings](proto::Message& message) { holdings.received_loans().hold_in(message); };
  return session;
}

std::uint64_t draw_seed() {
  proto::RealEnv env;
  return env.random();
}

}  // namespace

Connection::Connection(const ClientOptions& options, Inbox& inbox, Capacity& capacity, Holdings& holdings)
    : options_{options},
      inbox_{inbox},
      capacity_{capacity},
      holdings_{holdings},
      reachability_{options.connect_timeout, proto::RealEnv::steady()},
      sessions_{session_options(options, draw_seed(), holdings)},
      links_{options, reachability_, sessions_} {}

std::string Connection::why_waiting() const {
  if (reachability_.reachable()) return {};
  if (std::string obstacle = reachability_.obstacle(); !obstacle.empty()) return obstacle;
  return "the broker at " + options_.endpoint + " does not answer; is forkmill-broker running there?";
}

bool Connection::is_urgent() const { return capacity_.outstanding() <= kFewTasks; }

bool Connection::step() noexcept {
  try {
    for (int round = 0; round < kRoundsOfAStep; ++round) {
      handle_requests();
      const auto now = proto::RealEnv::steady();
      links_.receive(now);
      sessions_.tick(now);
      sessions_.flush(now);
      look_for_broker(now);
      carry_out();
      if (!links_.is_pending() && !has_requests()) return false;
    }
  } catch (const std::exception& error) {
    log().error("{}: {}; connecting again, which sends what the broker has not acknowledged", options_.endpoint,
                error.what());
    carry_out();
    links_.reconnect_all();
    return false;
  }
  return true;
}

proto::Instant Connection::next_wakeup() const {
  return std::min(sessions_.next_wakeup(), reachability_.next_wakeup());
}

// noexcept, as the waiter of a request that was half handled could never be told: the program ends if memory runs out.
void Connection::handle_requests() noexcept {
  if (!has_requests()) return;
  inbox_.drain(requests_);
  const auto now = proto::RealEnv::steady();
  requests_.for_each([&](auto&& request) { sessions_.handle(now, std::forward<decltype(request)>(request)); });
  requests_.clear();
  links_.make_missing();
  capacity_.publish(sessions_.load());
  inbox_.drained();
}

void Connection::look_for_broker(proto::Instant now) {
  reachability_.update(sessions_.open(), now);
  if (!reachability_.is_overdue(now)) return;
  const auto text = why_waiting();
  if (reachability_.pop_warning(now)) {
    const auto tasks = sessions_.load().outstanding;
    log().warn("{}; {} {} for it", text, proto::format_count(tasks, "task"), tasks == 1 ? "waits" : "wait");
  }
  if (options_.fail_fast) sessions_.end_all(Errc::disconnected, text);
}

void Connection::carry_out() noexcept {
  links_.for_each([this](std::uint32_t shard) { carry_out(shard); });
}

// All waiters are told, also if the messages cannot be sent.
void Connection::carry_out(std::uint32_t shard) noexcept {
  const std::uint32_t shards_before = sessions_.count();
  sessions_.take_effects(proto::RealEnv::steady(), shard, effects_);
  for (const auto& line : effects_.log) {
    if (line.unserved && !options_.warn_of_unserved) continue;
    if (line.serious) reachability_.set_obstacle(line.text);  // the broker has refused this client
    log().log(line.serious ? spdlog::level::err : spdlog::level::warn, "{}: {}", options_.endpoint, line.text);
  }
  if (!effects_.obstacle.empty()) reachability_.set_obstacle(effects_.obstacle);  // until the next connection
  links_.carry_out(shard, effects_, sessions_.count() != shards_before);
  if (effects_.holdings_lost) holdings_.count_loss(shard);
  capacity_.publish(sessions_.load());  // a task that has ended leaves room, which its waiter may need at once
  inbox_.seals().open(effects_);
  resolve_waiters(effects_);
  effects_.clear();
}

void Connection::give_up(Cookie operation) {
  handle_requests();
  sessions_.handle(proto::RealEnv::steady(), GiveUp{operation});
  carry_out();
}

void Connection::fail(const std::string& text) {
  handle_requests();
  sessions_.refuse(Errc::disconnected, text);
  carry_out();
  capacity_.end_waits();
  reachability_.close();
}

void Connection::close() {
  handle_requests();
  links_.begin_finish();
  sessions_.close(proto::RealEnv::steady());
  carry_out();
  capacity_.end_waits();
  reachability_.close();
}

void Connection::finish() { links_.finish(); }

}  // namespace forkmill::client
