// ErrorMailbox: carries one error from a child to the process that forked it. Make it before the fork.
#pragma once

#include <optional>

#include "proto/os/descriptor.h"
#include "worker/errors/handler_error.h"

namespace forkmill::worker {

class ErrorMailbox {
 public:
  // Throws std::system_error if no descriptor is left.
  ErrorMailbox();

  // Does not block. Drops the error if the mailbox is full, since earlier errors are unread.
  void post(const HandlerError& error);
  // Returns the error that was posted first; empty if there is none. Does not block.
  std::optional<HandlerError> read();

 private:
  proto::Descriptor reader_;
  proto::Descriptor writer_;
};

}  // namespace forkmill::worker
