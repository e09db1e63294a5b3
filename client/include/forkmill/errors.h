// What a future or a call of the client can throw. Every exception here is a forkmill::Error: catch that for "it did
// not work", or a class below for what you can do something about. what() says what happened, where, and what to do;
// code() is stable and named in the catalogue (errc.h). The objects are immutable and may be shared between threads.
//
//     RemoteError   the handler threw, or could not be called: unknown task, wrong signature, undecodable arguments …
//     WorkerLost    the process that ran the task died, in the last attempt allowed
//     Timeout       code() == Errc::timed_out: the task ran over its time limit and was stopped;
//                   code() == Errc::timeout: only your own wait ended, the task goes on and you may wait again
//     Cancelled     the task was cancelled
//     Expired       the task was not started before its deadline
//     Rejected      the broker (or this client's own limit) did not take the task: it never ran
//     Disconnected  the answer cannot come any more: the client was closed, or the broker no longer knows the task
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace forkmill {

class Error : public std::runtime_error {
 public:
  // detail: what is particular to this case; text and remedy come from the catalogue.
  explicit Error(Errc code, const std::string& detail = {});
  Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

// What the worker's side reported about a task that failed.
struct Failure {
  Errc code = Errc::unknown;
  std::string type;           // of the exception, as the worker's compiler names it ("std::out_of_range")
  std::string message;        // its what()
  std::string backtrace;      // may be empty
  std::string cause;          // nested exceptions, outermost first, a line each; may be empty
  std::string worker;         // name of the worker
  std::uint32_t attempt = 0;  // the attempt that ended it, from 1
  int signal = 0;             // that killed the child, 0 for none
  int exit_code = 0;          // of the child, when it ended by itself
  std::string output;         // the last lines that the child wrote to stdout and stderr
  double user_seconds = 0;    // processor time of the child
  double system_seconds = 0;
  std::uint64_t max_rss_bytes = 0;
};

// An Error with the report of the worker's side.
class TaskError : public Error {
 public:
  explicit TaskError(Failure failure);
  const std::string& worker() const noexcept { return failure_.worker; }
  std::uint32_t attempt() const noexcept { return failure_.attempt; }
  const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

class RemoteError : public TaskError {
 public:
  using TaskError::TaskError;
  const std::string& type() const noexcept { return failure().type; }
  const std::string& message() const noexcept { return failure().message; }
  const std::string& backtrace() const noexcept { return failure().backtrace; }
  const std::string& cause() const noexcept { return failure().cause; }
};

class WorkerLost : public TaskError {
 public:
  using TaskError::TaskError;
  int signal() const noexcept { return failure().signal; }
  int exit_code() const noexcept { return failure().exit_code; }
  const std::string& output() const noexcept { return failure().output; }
  double user_seconds() const noexcept { return failure().user_seconds; }
  double system_seconds() const noexcept { return failure().system_seconds; }
  std::uint64_t max_rss_bytes() const noexcept { return failure().max_rss_bytes; }
};

class Timeout : public Error {
 public:
  using Error::Error;
};
class Cancelled : public Error {
 public:
  explicit Cancelled(const std::string& detail = {}) : Error{Errc::cancelled, detail} {}
};
class Expired : public Error {
 public:
  explicit Expired(const std::string& detail = {}) : Error{Errc::expired, detail} {}
};
class Rejected : public Error {
 public:
  using Error::Error;
};
class Disconnected : public Error {
 public:
  using Error::Error;
};

}  // namespace forkmill
