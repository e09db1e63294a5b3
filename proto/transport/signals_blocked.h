// SignalsBlocked: while it lives, this thread takes no signals, and neither does any thread that it starts: those keep
// the mask. Signals belong to the program's own threads.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace forkmill::proto {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace forkmill::proto
