// SealedCalls: the seal keys of a client: seals the arguments of its tasks, and opens what comes of them. A client
// without keys seals nothing, and takes nothing that is sealed.
//
// Thread-safe.
#pragma once

#include <forkmill/client_options.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "client/session/effects.h"
#include "proto/seal/task_seals.h"

namespace forkmill::client {

class SealedCalls {
 public:
  // Throws Error{bad_request} if ClientOptions::seal_keys cannot be used.
  explicit SealedCalls(const ClientOptions& options);

  // Whether arguments are sealed, which needs the id of their task.
  bool on() const { return seals_ != nullptr; }
  // Whether those of this queue are sealed.
  bool seals(std::string_view queue) const { return on() && seals_->ring().sealing(queue) != nullptr; }
  // Returns the arguments as they are to be sent. The task has its id. Throws Error{seal_key_missing}, and
  // Rejected{payload_too_large} if they are too large when they are sealed.
  proto::Payload seal(const proto::Submission& task, std::string_view arguments) const;
  // Notes that this waiter waits for the answer to these arguments. Call before the session can have the task.
  void expect(Cookie cookie, const proto::Payload& arguments);
  // Opens all that came for waiters.
  void open(Effects& effects);

 private:
  proto::SealExpectation expectation(Cookie cookie, const TaskId& task, bool last);

  const std::shared_ptr<const proto::TaskSeals> seals_;  // null: there are no keys
  std::mutex mutex_;
  std::unordered_map<Cookie, proto::SealNonce> expected_;
};

}  // namespace forkmill::client
