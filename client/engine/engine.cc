#include "client/engine/engine.h"

#include <forkmill/errors.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "client/engine/fork_guard.h"
#include "client/engine/options.h"
#include "client/futures/log.h"
#include "client/futures/outcome.h"
#include "proto/transport/errors.h"
#include "proto/transport/signals_blocked.h"

namespace forkmill::client {

using proto::kNever;

namespace {

enum Tag : std::uint64_t { kWake, kBroker };
constexpr proto::Instant kNap = std::chrono::milliseconds{15};
constexpr int kRoundsOfAStep = 64;  // then whoever drives looks whether it has what it waits for

std::uint64_t worker_around() {
  const char* text = std::getenv("FORKMILL_CHILD_OF");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

SessionOptions session_options(const ClientOptions& options, proto::Env& env, std::uint64_t instance) {
  SessionOptions session;
  session.name = options.name;
  session.host = host_name();
  session.pid = static_cast<std::uint32_t>(::getpid());
  session.software = "forkmill " FORKMILL_VERSION;
  session.on_queue_full = options.when_full == WhenFull::reject ? OnQueueFull::reject : OnQueueFull::resend;
  if (options.when_full == WhenFull::timeout) session.resend_for = std::max(options.submit_timeout, milliseconds{1});
  session.seed = env.random();
  session.instance = instance;
  session.child_of = worker_around();
  return session;
}

std::unique_ptr<proto::Dealer> connect(const std::string& endpoint) {
  try {
    return std::make_unique<proto::Dealer>(endpoint);
  } catch (const proto::TransportError& error) {
    throw Error{Errc::bad_request, error.what()};
  }
}

}  // namespace

namespace {

ClientOptions with_executor(ClientOptions options) {
  if (!options.executor) options.executor = make_callback_thread();
  return options;
}

}  // namespace

Engine::Engine(ClientOptions options)
    : owns_executor_{!options.executor},
      options_{with_executor(std::move(options))},
      executor_{options_.executor},
      forks_at_start_{forks_before_first_client()},
      instance_{env_.random()},
      dealer_{connect(options_.endpoint)},
      session_{session_options(options_, env_, instance_)},
      offline_since_{env_.now().steady},
      stay_awake_{std::thread::hardware_concurrency() > 1 ? proto::Instant{options_.stay_awake} : proto::Instant{0}} {
  thread_waiter_.add(wake_thread_.fd(), kWake);
  driver_waiter_.add(wake_driver_.fd(), kWake);
  driver_waiter_.add(dealer_->fd(), kBroker);
  thread_waiter_.add(dealer_->fd(), kBroker);
  const proto::SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
}

Engine::~Engine() { close(); }

bool Engine::in_forked_child() const noexcept { return forks_at_start_ != fork_count(); }

void Engine::close() noexcept {
  if (in_forked_child()) return;
  {
    const std::unique_lock inbox{inbox_mutex_};
    if (std::exchange(closed_, true)) return;
  }
  bool said_goodbye = false;
  {
    const std::unique_lock turn{turn_};
    take_inbox();
    said_goodbye = session_.open();
    session_.close(env_.now().steady);
    carry_out();
    closing_ = true;
    open_ = false;
    room_.set();
    connected_.set();
    wake_driver_.signal();
  }
  wake_thread_.signal();
  thread_.join();
  const std::unique_lock turn{turn_};
  if (said_goodbye) dealer_->finish();  // else the broker counts this client until its session times out
}

void Engine::stop_own_executor() noexcept {
  if (owns_executor_ && !in_forked_child()) options_.executor->stop();
}

void Engine::let_go_of_executor() noexcept {
  if (!owns_executor_) options_.executor.reset();
}

// ---- The wait -------------------------------------------------------------------------------------------------------

bool Engine::wait(detail::Signal& signal, const detail::Deadline& deadline) {
  if (in_forked_child()) throw_forked();
  if (driven_.exchange(true)) return signal.sleep_until(deadline);  // somebody drives already, and will wake us
  return drive(signal, deadline);
}

bool Engine::drive(detail::Signal& signal, const detail::Deadline& deadline) {
  std::unique_lock turn{turn_};
  thread_waiter_.remove(dealer_->fd());
  while (!closing_) {
    step();
    if (signal.is_set()) break;
    auto until = sleep_time();
    if (deadline) {
      const auto left = std::chrono::ceil<proto::Instant>(*deadline - std::chrono::steady_clock::now());
      if (left <= proto::Instant{0}) break;
      until = until < proto::Instant{0} ? left : std::min(until, left);  // below zero: for ever
    }
    driver_wants_ = &signal;
    turn.unlock();
    await(until);
    wake_driver_.clear();
    turn.lock();
    driver_wants_ = nullptr;
  }
  if (!closing_) thread_waiter_.add(dealer_->fd(), kBroker);
  driven_ = false;
  nudge_thread();
  turn.unlock();
  return signal.is_set() || (closing_ && signal.sleep_until(deadline));
}

// A near broker answers within a fraction of a millisecond, and to wake a processor that has gone to sleep meanwhile
// takes a good part of that. While waits were that short lately, this thread stays awake for the next one, and gives
// way to whoever wants to run.
void Engine::await(proto::Instant until) {
  const auto now = [] {
    return std::chrono::duration_cast<proto::Instant>(std::chrono::steady_clock::now().time_since_epoch());
  };
  const auto start = now();
  if (usual_wait_ < stay_awake_ && (until < proto::Instant{0} || until > 2 * usual_wait_)) {
    for (const auto end = start + 2 * usual_wait_; now() < end; ::sched_yield())
      if (!driver_waiter_.wait(proto::Instant{0}).empty()) return waited(now() - start);
  }
  driver_waiter_.wait(until);
  waited(now() - start);
}

// A long one counts for so much only: a few short ones make up for it.
void Engine::waited(proto::Instant how_long) {
  usual_wait_ += (std::min<proto::Instant>(how_long, 4 * stay_awake_) - usual_wait_) / 8;
}

void Engine::run() noexcept {
  for (;;) {
    auto until = proto::Instant{0};
    {
      const std::unique_lock turn{turn_};
      if (closing_) return;
      step();
      until = sleep_time();
      // While tasks are outstanding a result brings something to do soon, an acknowledgement: who drives then should
      // not have to wake this thread for each of them.
      if (session_.load().outstanding > 0 && (until > kNap || until < proto::Instant{0})) until = kNap;
      thread_sleeps_until_ = until == kNever ? kNever : env_.now().steady + until;
    }
    thread_awake_ = false;
    if (inbox_tasks_ == 0) thread_waiter_.wait(until);
    thread_awake_ = true;
    wake_thread_.clear();
  }
}

// Someone else has driven: the thread must not sleep past what is due now, nor over what was left undone.
void Engine::nudge_thread() {
  if (more_ || session_.next_wakeup() < thread_sleeps_until_.load()) wake_thread_.signal();
}

void Engine::wake_thread() {
  if (!thread_awake_.exchange(true)) wake_thread_.signal();
}

proto::Instant Engine::sleep_time() {
  if (more_) return proto::Instant{0};
  auto at = session_.next_wakeup();
  if (!warned_ && offline_since_ != kNever)
    at = std::min<proto::Instant>(at, offline_since_ + options_.connect_timeout);
  if (at == kNever) return proto::Instant{-1};
  return std::max(proto::Instant{0}, at - env_.now().steady);
}

// ---- One step -------------------------------------------------------------------------------------------------------

// Everything that can be done now. The socket signals changes only, and a send may swallow one: at the end nothing may
// be pending unless `more_` says so.
void Engine::step() noexcept {
  try {
    for (int round = 0; round < kRoundsOfAStep; ++round) {
      take_inbox();
      const auto now = env_.now().steady;
      receive(now);
      session_.tick(now);
      session_.flush(now);
      look_at_connection(now);
      carry_out();
      more_ = dealer_->pending() || inbox_tasks_.load(std::memory_order_relaxed) > 0;
      if (!more_) break;
    }
  } catch (const std::exception& error) {
    log().error("unexpected: {}; connecting anew", error.what());
    session_.take_effects(effects_);
    effects_.clear();
    reconnect();
  }
}

void Engine::take_inbox() {
  if (inbox_tasks_ == 0) return;
  {
    const std::unique_lock inbox{inbox_mutex_};
    taken_.swap(inbox_);
    taken_bytes_ = inbox_bytes_;
  }
  const auto now = env_.now().steady;
  for (auto& request : taken_) session_.handle(now, std::move(request));
  publish_load();
  inbox_tasks_ -= taken_.size();
  inbox_bytes_ -= taken_bytes_;
  taken_.clear();
}

void Engine::receive(proto::Instant now) {
  constexpr int kMessages = 256;
  while (auto event = dealer_->link_event()) {
    switch (*event) {
      case proto::Dealer::LinkEvent::up:
        session_.connected(now);
        break;
      case proto::Dealer::LinkEvent::down:
        session_.disconnected();
        break;
      case proto::Dealer::LinkEvent::stuck:
        log().warn("{}: {}; trying again", options_.endpoint, dealer_->trouble());
        break;
    }
  }
  for (int i = 0; i < kMessages; ++i) {
    auto arrived = dealer_->receive();
    if (!arrived) return;
    if (arrived->ok())
      session_.handle(now, std::move(*arrived).value());
    else
      log().warn("a message of the broker at {} was dropped: {}", options_.endpoint, arrived->failure().text);
  }
}

void Engine::carry_out() {
  session_.take_effects(effects_);
  for (const auto& line : effects_.log)
    log().log(line.serious ? spdlog::level::err : spdlog::level::warn, "{}: {}", options_.endpoint, line.text);
  for (const auto& envelope : effects_.send) {
    if (dealer_->send(envelope)) continue;
    log().warn("{}: the broker does not read; connecting anew", options_.endpoint);
    effects_.reconnect = true;
    break;
  }
  auto state_of = [](Cookie cookie) { return reinterpret_cast<detail::RemoteState*>(cookie); };
  for (auto cookie : effects_.accepted) state_of(cookie)->mark_accepted();
  for (const auto& note : effects_.progress) state_of(note.cookie)->report(note.fraction, note.note);
  for (const auto& one : effects_.started) state_of(one.cookie)->started(one.pid, one.host);
  for (auto& ended : effects_.ended) resolve(ended);
  for (auto& answered : effects_.answered) {
    const auto state = StateRef::adopt(state_of(answered.cookie));
    const auto& reply = answered.reply;
    if (reply.code == Errc::ok)
      state->succeed(reply.body.owner(), reply.body.view());
    else
      state->fail(exception_of(reply.code, reply.text));
  }
  if (effects_.holdings_lost) ++holdings_lost_;
  for (auto& ended : effects_.operated) resolve(ended);
  if (effects_.reconnect) reconnect();
  effects_.clear();
  publish_load();
  if (auto* wanted = driver_wants_.load(); wanted != nullptr && wanted->is_set()) wake_driver_.signal();
}

void Engine::resolve(Effects::Ended& ended) {
  const auto state = StateRef::adopt(reinterpret_cast<detail::RemoteState*>(ended.cookie));
  if (ended.outcome.kind == proto::OutcomeKind::succeeded)
    state->succeed(ended.outcome.value.owner(), ended.outcome.value.view());
  else
    state->fail(exception_of(ended.outcome, state->id(), ended.known_before));
}

void Engine::reconnect() {
  session_.disconnected();
  dealer_->reconnect();
}

void Engine::look_at_connection(proto::Instant now) {
  if (session_.open()) {
    offline_since_ = kNever;
    warned_ = false;
    open_ = true;
    if (!connected_.is_set()) connected_.set();
    return;
  }
  open_ = false;
  connected_.remove(detail::Signal::kSet);
  if (offline_since_ == kNever) offline_since_ = now;
  if (now < offline_since_ + options_.connect_timeout) return;
  const auto text = why_waiting();
  if (!std::exchange(warned_, true)) log().warn("{}; {} task(s) wait for it", text, session_.load().outstanding);
  if (options_.fail_fast) session_.end_all(Errc::disconnected, text);
}

void Engine::publish_load() {
  const auto load = session_.load();
  outstanding_ = load.outstanding;
  held_tasks_ = load.held_tasks;
  held_bytes_ = load.held_bytes;
  // A quarter of the room at once: waking a submitter for every single task would cost more than the task.
  if (room_waiters_ > 0 && has_room(4)) room_.set();
}

std::string Engine::why_waiting() const {
  if (connected()) return {};
  return "the broker at " + options_.endpoint + " does not answer; is forkmill-broker running there?";
}

}  // namespace forkmill::client
