// Call: an operation on a named object with a waiter, as a future is for a task. Its answer is there when it is ready,
// and may be an error's code. One thread resolves it, any thread may wait for it.
#pragma once

#include <forkmill/detail/state.h>

#include <utility>

#include "proto/wire/messages.h"

namespace forkmill::client {

class Call final : public detail::State {
 public:
  explicit Call(detail::Ref<detail::Origin> origin) : State{std::move(origin), TaskId{}, 0} { mark_driven(); }

  void resolve(proto::OperationAnswer answer) {
    answer_ = std::move(answer);
    publish();
  }
  // Only when ready. One reader may move the answer out.
  proto::OperationAnswer& answer() { return answer_; }

 private:
  proto::OperationAnswer answer_;
};

using CallRef = detail::Ref<Call>;

}  // namespace forkmill::client
