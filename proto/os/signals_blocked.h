// Blocking of signals, which belong to the threads of the program and not to those of the library.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace forkmill::proto {

// While an object exists, its thread takes no signals. Threads that are started meanwhile never take any: they keep the
// mask.
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

// Blocks, for good, all signals of this thread but those of its own faults (SIGSEGV and the like).
inline void block_signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace forkmill::proto
