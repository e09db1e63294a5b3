// What the named objects throw beside the classes of errors.h. Each has one code of the catalogue; catch Error for
// "it did not work". std::invalid_argument says that an argument makes no sense, before the broker has seen it.
//
// Two errors say that an outcome is not known: Disconnected{disconnected} when the broker was restarted, or this client
// was away for longer than the session timeout, while an operation was under way; it may or may not have been done.
#pragma once

#include <forkmill/errors.h>

#include <string>
#include <utility>

namespace forkmill {

// A queue had no room in time.
class Full : public Error {
 public:
  explicit Full(const std::string& detail = {}) : Error{Errc::object_full, detail} {}
};
// A queue had nothing in time.
class Empty : public Error {
 public:
  explicit Empty(const std::string& detail = {}) : Error{Errc::object_empty, detail} {}
};
// The other end of a pipe is closed, and everything that it sent has been read.
class EndOfStream : public Error {
 public:
  explicit EndOfStream(const std::string& detail = {}) : Error{Errc::end_of_stream, detail} {}
};
// A message is larger than the buffer given for it. It has been taken from the pipe: here it is.
class BufferTooSmall : public Error {
 public:
  explicit BufferTooSmall(std::string message)
      : Error{Errc::message_too_large, std::to_string(message.size()) + " bytes for a smaller buffer"},
        message_{std::move(message)} {}
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};
// A waiter of the barrier timed out or went away, its action failed, or it was aborted or reset.
class BrokenBarrier : public Error {
 public:
  explicit BrokenBarrier(const std::string& detail = {}) : Error{Errc::barrier_broken, detail} {}
};
// What was held was taken away, because this client was out of reach for longer than the session timeout: somebody else
// may have had it since.
class LeaseLost : public Error {
 public:
  explicit LeaseLost(const std::string& detail = {}) : Error{Errc::lease_lost, detail} {}
};
class UnknownKey : public Error {
 public:
  explicit UnknownKey(const std::string& detail = {}) : Error{Errc::key_unknown, detail} {}
};
class UnknownIndex : public Error {
 public:
  explicit UnknownIndex(const std::string& detail = {}) : Error{Errc::index_unknown, detail} {}
};

}  // namespace forkmill
