#include "broker/loop.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include "proto/check.h"

namespace forkmill::broker {

namespace {

enum Tag : std::uint64_t { kSocket = 1, kSignals = 2 };
// Messages of one round: enough to share the work of a round, few enough that nobody waits for it.
constexpr std::size_t kRound = 256;

int open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void announce(const std::string& path, const std::vector<std::string>& endpoints) {
  if (path.empty()) return;
  std::string lines;
  for (const std::string& endpoint : endpoints) lines += endpoint + "\n";
  // Whoever waits for the file must not see half of it.
  const std::string fresh = path + ".new";
  if (!(std::ofstream{fresh} << lines) || std::rename(fresh.c_str(), path.c_str()) != 0) {
    throw std::runtime_error{"cannot write " + path + " (--announce)"};
  }
}

}  // namespace

Loop::Loop(ProgramOptions options, std::unique_ptr<Store> store, std::shared_ptr<spdlog::logger> log)
    : options_{std::move(options)}, store_{std::move(store)}, log_{std::move(log)} {
  auto opened = store_->open();
  if (!opened.ok()) throw std::runtime_error{opened.failure().text};
  for (const std::string& endpoint : options_.listen) endpoints_.push_back(router_.bind(endpoint));
  committed_ = opened->last;
  Identity identity{
      opened->id, opened->epoch, opened->last, store_->durable(), std::string{"forkmill "} + FORKMILL_VERSION,
      endpoints_};
  core_ = std::make_unique<Core>(options_.core, std::move(identity), env_.now());
  store_->load([this](const StoredTask& task) { core_->recover(task); });
  signals_ = open_signals();
  waiter_.add(router_.fd(), kSocket);
  waiter_.add(signals_, kSignals);
  announce(options_.announce, endpoints_);
}

Loop::~Loop() { ::close(signals_); }

int Loop::run() {
  for (;;) {
    const bool more = take_input() == kRound;
    core_->finish_round(env_.now());
    if (!carry_out(core_->take_effects())) return 1;
    if (more || router_.pending()) continue;
    const Instant wait = std::max(Instant{0}, core_->next() - env_.now().steady);
    const auto tags = waiter_.wait(wait);
    if (std::find(tags.begin(), tags.end(), kSignals) != tags.end() && stop_requested()) break;
  }
  log_->info("shutting down");
  core_->shut_down(env_.now());
  return carry_out(core_->take_effects()) ? 0 : 1;
}

std::size_t Loop::take_input() {
  const proto::Now now = env_.now();
  std::size_t count = 0;
  for (; count < kRound; ++count) {
    auto incoming = router_.receive();
    if (!incoming) break;
    if (!incoming->envelope.ok()) {
      log_->warn("peer {:x}: {}: {}", incoming->peer.value(), errc_name(incoming->envelope.failure().code),
                 incoming->envelope.failure().text);
    } else if (std::holds_alternative<proto::Query>(incoming->envelope->message)) {
      core_->set_rss(resident_bytes());
    }
    core_->handle(now, incoming->peer, std::move(incoming->envelope), proto::SessionId{env_.random() | 1});
  }
  return count;
}

bool Loop::carry_out(Effects effects) {
  for (Send& one : effects.sends) {
    if (one.after > committed_)
      held_.push_back(std::move(one));
    else
      send(one);
  }
  if (!effects.ops.empty()) {
    const auto done = store_->commit(effects.ops);
    if (!done.ok()) {
      log_->critical("the store failed: {}. Nothing of this commit was acknowledged; stopping", done.failure().text);
      return false;
    }
    FORKMILL_CHECK(done.value() == effects.commit);
    committed_ = done.value();
    core_->committed(committed_);
    send_held();
  }
  return true;
}

void Loop::send_held() {
  for (; !held_.empty() && held_.front().after <= committed_; held_.pop_front()) send(held_.front());
}

void Loop::send(Send& one) {
  if (router_.send(one.peer, one.envelope)) return;
  log_->debug("peer {:x} is out of reach", one.peer.value());
  core_->unreachable(one.peer);
}

bool Loop::stop_requested() {
  signalfd_siginfo info{};
  return ::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

}  // namespace forkmill::broker
