// Inbox: the requests that the program's threads hand to the thread that drives the engine. Each waiter is a state, and
// the cookie of its request owns one reference to it. The function that resolves the state adopts the reference.
//
// Thread-safe. Throws Disconnected{client_closed} once the inbox is closed.
#pragma once

#include <forkmill/detail/value.h>

#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "client/engine/inbox_load.h"
#include "client/engine/object_call.h"
#include "client/engine/request_queue.h"
#include "client/engine/sealing/sealed_calls.h"
#include "proto/os/real_env.h"

namespace forkmill::client {

class Inbox {
 public:
  using StateRef = detail::Ref<detail::RemoteState>;

  // origin: of the states, and outlives the inbox. Throws what SealedCalls throws.
  Inbox(detail::Origin& origin, const ClientOptions& options) : origin_{origin}, seals_{options} {}

  // Returns the id that submit() would give to the task, for arguments that are bound to it.
  TaskId id_for(const proto::TaskSpec& spec);

  // The id of a task is set here, unless it has one: random, or made of its queue and key.
  StateRef submit(proto::Submission&& task, TaskPlace place);
  // REQUIRES: a place for each task.
  std::vector<StateRef> submit(std::span<proto::Submission> tasks, std::span<const TaskPlace> places);
  // A state of this client that has ended with the error, of a task that was not submitted.
  StateRef failed(std::exception_ptr error);
  // Adds a request with a state as its waiter, for an attach (id: of the task), a cancel, a query or a command. The id
  // of a task that a command makes is set here.
  StateRef ask(Request&& request, const TaskId& id = {});
  CallRef operate(OperateObject request);

  // Returns false if it was closed before.
  bool close();
  bool closed() const;

  // Moves the requests to `to`, which is empty and whose memory is used for the next ones. Call drained() when they
  // have been handled: until then they count.
  void drain(RequestQueue& to);
  void drained() { load_.drained(); }

  // Seals what is submitted, and opens what comes for the waiters.
  SealedCalls& seals() { return seals_; }

  // Without a lock.
  std::size_t size() const { return load_.size(); }
  std::size_t payload_bytes() const { return load_.bytes(); }  // the arguments of submissions

 private:
  void check_open() const;
  TaskId new_id();
  TaskId id_of(const proto::TaskSpec& spec);
  StateRef add(proto::Submission&& task, TaskPlace place);
  template <class Waiter>
  detail::Ref<Waiter> add(Request&& request, detail::Ref<Waiter> waiter);

  detail::Origin& origin_;
  SealedCalls seals_;
  mutable std::mutex mutex_;
  RequestQueue requests_;
  proto::RealEnv env_;
  std::uint64_t ids_ = 0;  // that were made
  bool closed_ = false;
  InboxLoad load_;
};

}  // namespace forkmill::client
