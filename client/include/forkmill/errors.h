// Exceptions of futures and of calls of the client. Every class here is a forkmill::Error: catch that for "it did not
// work", or a class below for something that can be done about it.
//
//     RemoteError   the handler threw, or could not be called: unknown task, wrong signature, undecodable arguments …
//     WorkerLost    the process that ran the task died, in the last attempt allowed
//     Timeout       code() == Errc::timed_out: the task ran over its time limit and was stopped;
//                   code() == Errc::timeout: only the caller's wait ended, the task goes on and may be waited for again
//     Cancelled     the task was cancelled
//     Expired       the task was not started before its deadline
//     Rejected      the broker, or this client's own limit, did not take the task: it never ran
//     Disconnected  the answer cannot come any more: the client was closed, or the broker no longer knows the task
//
//     try {
//       std::cout << client.submit(kAdd, 1.0, 2.0).get();
//     } catch (const forkmill::RemoteError& error) {
//       std::cerr << error.type() << ": " << error.message() << " on " << error.worker();
//     } catch (const forkmill::Error& error) {
//       std::cerr << error.what();                        // text and remedy; error.code() for programs
//     }
//
// Exceptions of named objects: object_errors.h. Wrong arguments of the library's functions are std::invalid_argument, a
// wrong use of a future std::logic_error.
//
// The objects are immutable: copy them and share them between threads freely. A future throws the same object each
// time.
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace forkmill {

struct Failure;

// Error: the base of all exceptions of the library. what() has the text of the code, the detail, the remedy, if there
// is one, and the name of the code: "TEXT: DETAIL. REMEDY [NAME]".
class Error : public std::runtime_error {
 public:
  // code: selects text and remedy from the catalogue (errc.h). detail: particulars of this case; empty: none.
  explicit Error(Errc code, const std::string& detail = {});
  // fix: takes the place of the remedy, where that of the catalogue does not fit: a sentence with a capital and without
  // a full stop.
  Error(Errc code, const std::string& detail, const std::string& fix);
  // The stable code, for programs.
  Errc code() const noexcept { return code_; }

 protected:
  // The error of a task that failed.
  explicit Error(const Failure& failure);

 private:
  Errc code_;
};

// Failure: the report of the worker's side about a task that failed. Texts are cut after 16 KiB by the worker.
struct Failure {
  // Code of the catalogue: handler_error, worker_lost, unknown_task …
  Errc code = Errc::unknown;
  // Type of the exception, as the worker's compiler names it ("std::out_of_range").
  std::string type;
  // Text of the exception, its what().
  std::string message;
  // Where it was thrown, one frame per line; may be empty.
  std::string backtrace;
  // Nested exceptions (std::throw_with_nested), outermost first, one per line; may be empty.
  std::string cause;
  // Name of the worker; empty if the task reached none.
  std::string worker;
  // Number of the attempt that ended the task, from 1; 0 if it reached no worker.
  std::uint32_t attempt = 0;
  // Signal that killed the process; 0: none.
  int signal = 0;
  // Exit code of a process that ended by itself; -1 when that is not known or it did not.
  int exit_code = 0;
  // Last lines that the process wrote to stdout and stderr, 4 KiB at most; of a process that died.
  std::string output;
  // Processor time of the process in user mode, in seconds; of a process that died.
  double user_seconds = 0;
  // Processor time in the kernel, in seconds.
  double system_seconds = 0;
  // Largest resident size of the process, in bytes.
  std::uint64_t max_rss_bytes = 0;
};

// TaskError: an Error with the report of the worker's side. what() contains type, message, signal, exit code, worker,
// attempt and output, as far as there are any: "the handler threw std::runtime_error: not yet (worker vm-1, attempt 1).
// Correct the arguments or the handler [handler_error]".
class TaskError : public Error {
 public:
  // For the library. The code of the failure becomes that of the error.
  explicit TaskError(Failure failure);
  // Name of the worker.
  const std::string& worker() const noexcept { return failure_.worker; }
  // Number of the attempt that ended the task, from 1.
  std::uint32_t attempt() const noexcept { return failure_.attempt; }
  // The whole report.
  const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

// RemoteError: the handler threw (code handler_error), or could not be called or give its result (unknown_task,
// signature_mismatch, arguments_undecodable, result_too_large).
class RemoteError : public TaskError {
 public:
  using TaskError::TaskError;
  // Type of the exception, as the worker's compiler names it ("std::out_of_range").
  const std::string& type() const noexcept { return failure().type; }
  // Text of the exception, its what().
  const std::string& message() const noexcept { return failure().message; }
  // Where the exception was thrown, one frame per line; may be empty.
  const std::string& backtrace() const noexcept { return failure().backtrace; }
  // Nested exceptions (std::throw_with_nested), outermost first, one per line; may be empty.
  const std::string& cause() const noexcept { return failure().cause; }
};

// WorkerLost: the process that ran the task, its worker or its machine went away, in the last attempt allowed. Code
// worker_lost. When the whole machine is lost there is no signal, no exit code and no output.
class WorkerLost : public TaskError {
 public:
  using TaskError::TaskError;
  // Signal that killed the process; 0: it ended by itself, or nothing is known of its end.
  int signal() const noexcept { return failure().signal; }
  // Exit code of a process that ended by itself; -1 when that is not known or it did not.
  int exit_code() const noexcept { return failure().exit_code; }
  // Last lines that the process wrote to stdout and stderr, 4 KiB at most.
  const std::string& output() const noexcept { return failure().output; }
  // Processor time of the process in user mode and in the kernel, in seconds.
  double user_seconds() const noexcept { return failure().user_seconds; }
  double system_seconds() const noexcept { return failure().system_seconds; }
  // Largest resident size of the process, in bytes.
  std::uint64_t max_rss_bytes() const noexcept { return failure().max_rss_bytes; }
};

// Timeout: a time limit has passed. Code timed_out: the task ran over SubmitOptions::timeout and was stopped. Code
// timeout: the caller's own wait ended; nothing else did.
class Timeout : public Error {
 public:
  using Error::Error;
};
// Cancelled: the task was cancelled, or its Pool was terminated. Code cancelled.
class Cancelled : public Error {
 public:
  // detail: added to the text.
  explicit Cancelled(const std::string& detail = {}) : Error{Errc::cancelled, detail} {}
};
// Expired: the task was not started within SubmitOptions::expires. Code expired.
class Expired : public Error {
 public:
  // detail: added to the text.
  explicit Expired(const std::string& detail = {}) : Error{Errc::expired, detail} {}
};
// Rejected: the request was not taken, and nothing was done: queue_full, disk_full, memory_full, quota_exceeded,
// results_full, window_full, payload_too_large, signature_mismatch, duplicate_task, too_many_queues, right_missing,
// task_unknown, object_unknown …
class Rejected : public Error {
 public:
  using Error::Error;
};
// Disconnected: no answer can come. Code client_closed: the client was closed, or belongs to the parent process. Code
// disconnected: the broker is gone, or came back without the task. Code version_unsupported: broker and client have no
// protocol version in common. A task may have run nevertheless.
class Disconnected : public Error {
 public:
  using Error::Error;
};

}  // namespace forkmill
