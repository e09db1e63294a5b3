// Engine: ties the session's rules to a socket, and futures to the session. One per Client, kept alive by its futures.
//
// Who drives it: socket and session belong to whoever holds `turn_`. Mostly that is the engine's own thread, which
// waits for the socket and for work from the inbox. A thread that waits for a future takes the drive over while it
// waits (it would only sleep): it sees its result arrive itself, and a round trip costs no change of threads here. The
// socket's descriptor is then taken out of the thread's wait set, which the kernel does without waking it.
//
//     submit() ──▶ inbox ──▶ session ──▶ socket          any thread fills the inbox,
//     future  ◀── resolve ◀── session ◀── socket          the driver does the rest
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/detail/value.h>
#include <forkmill/submit_options.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "client/engine/object_call.h"
#include "client/engine/semaphore_units.h"
#include "client/engine/undelivered_items.h"
#include "client/session/session.h"
#include "proto/transport/dealer.h"
#include "proto/transport/real_env.h"
#include "proto/transport/waiter.h"
#include "proto/transport/wakeup.h"

namespace forkmill::client {

// Submit options as they go over the wire, checked.
struct Prepared {
  std::string queue;
  proto::TaskOptions options;
};

class Engine final : public detail::Origin {
 public:
  using StateRef = detail::Ref<detail::RemoteState>;

  // Throws Error for an endpoint that makes no sense, or in a forked child of a process that had a client.
  // An empty executor: a callback thread of its own.
  explicit Engine(ClientOptions options);
  ~Engine() override;

  // What all of these throw: Disconnected{client_closed} after close() or in a forked child, Rejected{window_full}.
  StateRef submit(const Prepared& how, std::string_view name, std::uint64_t signature, std::string_view payload);
  std::vector<StateRef> submit_all(const Prepared& how, std::string_view name, std::uint64_t signature,
                                   const std::vector<std::string>& payloads);
  StateRef attach(const TaskId& id);
  StateRef cancel_task(const TaskId& id);  // becomes the CancelState
  StateRef query(proto::Query query);      // id and new_id are given here

  // An operation on a named object of this kind. Its answer has the code of whatever goes wrong from here on.
  CallRef operate(proto::Operation operation, proto::ObjectKind kind);
  // The same, and waits for it: the quickest way when the caller has nothing else to do.
  CallRef operate_now(proto::Operation operation, proto::ObjectKind kind, const detail::Deadline& deadline);
  // The same, and nobody waits for it; may be called by what runs when something is resolved.
  void post(proto::Operation operation, proto::ObjectKind kind);
  // The caller has waited for long enough: what was not sent ends at once, with Errc::timeout; the rest when the broker
  // says so.
  void give_up(const CallRef& call);
  // Rises whenever the broker may have given to others what this client held.
  std::uint64_t holdings_lost() const { return holdings_lost_; }
  UndeliveredItems& undelivered_items() { return undelivered_items_; }
  SemaphoreUnits& units() { return units_; }
  // This client, in all of its sessions.
  std::uint64_t instance() const { return instance_; }

  // Ends everything outstanding with client_closed, and the thread. Idempotent.
  void close() noexcept;

  bool wait_connected(const detail::Deadline& deadline);
  bool connected() const { return open_; }
  const ClientOptions& options() const { return options_; }
  bool in_forked_child() const noexcept;

  // After close(): an executor of its own runs what it has, and ends.
  void stop_own_executor() noexcept;
  // Keeps an executor that was given no longer: what futures have handed to it refers to this engine, and each would
  // keep the other for ever.
  void let_go_of_executor() noexcept;

  // As the futures see it
  std::shared_ptr<Executor> executor() noexcept override { return executor_.lock(); }
  void cancel(const TaskId& id) override;
  bool wait(detail::Signal& signal, const detail::Deadline& deadline) override;
  std::string why_waiting() const override;

 private:
  static Cookie cookie_of(StateRef state) { return reinterpret_cast<Cookie>(state.detach()); }  // owns one reference

  // inbox.cc: any thread
  [[noreturn]] void throw_forked() const;
  void check_open() const;
  bool is_closed() const;
  void wait_for_room();
  // With a share of 1/spare of the limits of what is unsent left over; 0: just so. Outstanding tasks have no such
  // share: they may stay for as long as no worker comes, and whoever waited for an acknowledgement would wait for them.
  bool has_room(std::size_t spare) const;
  static proto::Submission submission(const Prepared& how, std::string_view name, std::uint64_t signature,
                                      std::string_view payload);
  TaskId new_id();
  StateRef enqueue(proto::Submission task);
  StateRef ask(const TaskId& id, const std::function<Request(Cookie)>& request);
  void get_going();
  void wake_thread();

  // calls.cc
  CallRef enqueue_call(proto::Operation operation, proto::ObjectKind kind);
  void resolve(Effects::Operated& operated);

  // engine.cc: the caller holds turn_
  void step() noexcept;
  void take_inbox();
  void receive(proto::Instant now);
  void carry_out();
  void resolve(Effects::Ended& ended);
  void reconnect();
  void look_at_connection(proto::Instant now);
  void publish_load();
  proto::Instant sleep_time();  // from now; negative: for as long as it takes
  void nudge_thread();

  void run() noexcept;
  bool drive(detail::Signal& signal, const detail::Deadline& deadline);
  void await(proto::Instant until);
  void waited(proto::Instant how_long);

  const bool owns_executor_;
  ClientOptions options_;
  const std::weak_ptr<Executor> executor_;
  const unsigned forks_at_start_;

  // Of the driver
  std::mutex turn_;
  proto::RealEnv env_;
  const std::uint64_t instance_;
  std::unique_ptr<proto::Dealer> dealer_;
  Session session_;
  Effects effects_;
  std::vector<Request> taken_;
  std::size_t taken_bytes_ = 0;
  bool more_ = false;  // the last step left something undone
  proto::Instant offline_since_{0};
  bool warned_ = false;
  bool closing_ = false;

  // Of the threads that wait
  proto::Waiter thread_waiter_;
  proto::Waiter driver_waiter_;
  proto::Wakeup wake_thread_;
  proto::Wakeup wake_driver_;
  const proto::Instant stay_awake_;
  proto::Instant usual_wait_{0};                        // of drivers, lately
  std::atomic<bool> driven_{false};                     // a waiting thread drives
  std::atomic<detail::Signal*> driver_wants_{nullptr};  // and sleeps in driver_waiter_ for this
  std::atomic<proto::Instant> thread_sleeps_until_{proto::Instant{0}};
  std::atomic<bool> thread_awake_{true};

  mutable std::mutex inbox_mutex_;
  std::vector<Request> inbox_;
  proto::RealEnv id_env_;
  bool closed_ = false;

  // What submitters look at
  detail::Signal connected_;
  detail::Signal room_;
  std::atomic<bool> open_{false};
  std::atomic<std::uint64_t> holdings_lost_{0};
  UndeliveredItems undelivered_items_;
  SemaphoreUnits units_;
  std::atomic<int> room_waiters_{0};
  std::atomic<std::size_t> inbox_tasks_{0};  // commands, strictly
  std::atomic<std::size_t> inbox_bytes_{0};
  std::atomic<std::size_t> outstanding_{0};
  std::atomic<std::size_t> held_tasks_{0};
  std::atomic<std::size_t> held_bytes_{0};

  std::thread thread_;
};

}  // namespace forkmill::client
