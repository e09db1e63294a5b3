// Signals as something to poll for. They are blocked from here on in this thread and in every thread made after, so
// make one of these before anything that starts threads; programs that are started get the old mask back (os/child.h).
#pragma once

#include <signal.h>

#include <initializer_list>
#include <optional>

#include "proto/transport/descriptor.h"

namespace forkmill::cli {

class Signals {
 public:
  // SIGHUP that is ignored stays so: that is what nohup(1) asks for.
  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }  // readable when one has come
  std::optional<int> take();            // the number of one that has come; does not wait

 private:
  proto::Descriptor fd_;
  sigset_t before_{};
};

}  // namespace forkmill::cli
