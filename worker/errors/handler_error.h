// HandlerError: an exception of a handler, described in words.
#pragma once

#include <forkmill/errc.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace forkmill::worker {

struct HandlerError {
  Errc code = Errc::handler_error;
  std::string type;  // demangled
  std::string message;
  std::string backtrace;  // where it was thrown, one frame per line (throw_site.h); empty when that is not known
  std::string cause;      // nested exceptions, outermost first, a line each
  bool shortage = false;  // OutOfResources
  bool retry = false;     // the exception was a forkmill::Retry
  std::optional<std::chrono::milliseconds> retry_delay;
};

// Relayed: thrown to be reported as an error that was described before, maybe in another process.
class Relayed : public std::exception {
 public:
  explicit Relayed(HandlerError error) : error_{std::move(error)} {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const HandlerError& error() const { return error_; }

 private:
  HandlerError error_;
};

// For a catch block: describes the exception being handled. Texts are cut to limits::kMaxErrorText.
HandlerError describe_current_exception();

}  // namespace forkmill::worker
