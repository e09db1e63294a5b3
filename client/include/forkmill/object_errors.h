// Exceptions of the named objects (locks, queues, pipes, dicts …) beside those of errors.h. Each class has one code of
// the catalogue (errc.h); catch forkmill::Error for "it did not work". The objects are immutable and may be shared
// between threads.
//
//     Full             a queue or pipe had no room in time
//     Empty            a queue had no item in time
//     EndOfStream      the other end of the pipe is closed
//     BufferTooSmall   a message does not fit, and comes with the exception
//     BrokenBarrier    the barrier is broken
//     LeaseLost        the holder was out of reach for too long
//     UnknownKey       the dict has no such key
//     UnknownIndex     the list has no such index
//
// std::invalid_argument says that an argument makes no sense; nothing was sent to the broker then.
//
// Disconnected{disconnected} says that the outcome is not known: the broker was restarted, or this client was away for
// longer than the session timeout, while the operation was under way. It may or may not have been done. Operations that
// only read are repeated instead.
#pragma once

#include <forkmill/errors.h>

#include <string>
#include <utility>

namespace forkmill {

// Full: a queue or a pipe had no room within the time limit. Python's queue.Full.
class Full : public Error {
 public:
  // detail: added to the text of the code. The same holds for the classes below.
  explicit Full(const std::string& detail = {}) : Error{Errc::object_full, detail} {}
};
// Empty: a queue had no item within the time limit. Python's queue.Empty.
class Empty : public Error {
 public:
  // Code object_empty.
  explicit Empty(const std::string& detail = {}) : Error{Errc::object_empty, detail} {}
};
// EndOfStream: the other end of the pipe is closed. A reader gets it after everything that was sent has been read, a
// writer at once. Python's EOFError and BrokenPipeError.
class EndOfStream : public Error {
 public:
  // Code end_of_stream.
  explicit EndOfStream(const std::string& detail = {}) : Error{Errc::end_of_stream, detail} {}
};
// BufferTooSmall: a message is larger than the buffer for it. The message has been taken out of the pipe and is here.
// Python's BufferTooShort.
class BufferTooSmall : public Error {
 public:
  // Code message_too_large. message: the bytes that did not fit.
  explicit BufferTooSmall(std::string message)
      : Error{Errc::message_too_large, std::to_string(message.size()) + " bytes for a smaller buffer"},
        message_{std::move(message)} {}
  // The whole message.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};
// BrokenBarrier: a waiter of the barrier reached its time limit or went away, the action threw, no party of the round
// had the action, or the barrier was aborted or reset. Python's threading.BrokenBarrierError.
class BrokenBarrier : public Error {
 public:
  // Code barrier_broken.
  explicit BrokenBarrier(const std::string& detail = {}) : Error{Errc::barrier_broken, detail} {}
};
// LeaseLost: a lock, a unit or a leased item was taken away, because this client was out of reach for longer than the
// broker's session timeout or an operator released it. Another client may have had it since. Python has no counterpart.
class LeaseLost : public Error {
 public:
  // Code lease_lost.
  explicit LeaseLost(const std::string& detail = {}) : Error{Errc::lease_lost, detail} {}
};
// UnknownKey: the dict has no such key, or a list no such value. Python's KeyError.
class UnknownKey : public Error {
 public:
  // Code key_unknown.
  explicit UnknownKey(const std::string& detail = {}) : Error{Errc::key_unknown, detail} {}
};
// UnknownIndex: the index is beyond either end of the list. Python's IndexError.
class UnknownIndex : public Error {
 public:
  // Code index_unknown.
  explicit UnknownIndex(const std::string& detail = {}) : Error{Errc::index_unknown, detail} {}
};

}  // namespace forkmill
