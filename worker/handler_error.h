// What a handler threw, in words.
#pragma once

#include <forkmill/errc.h>

#include <chrono>
#include <optional>
#include <string>

namespace forkmill::worker {

struct HandlerError {
  Errc code = Errc::handler_error;
  std::string type;  // demangled
  std::string message;
  std::string backtrace;  // where it was thrown, a frame a line (throw_site.h); empty when that is not known
  std::string cause;      // nested exceptions, outermost first, a line each
  bool retry = false;     // it was a forkmill::Retry
  std::optional<std::chrono::milliseconds> retry_delay;
};

// For a catch block: describes the exception being handled. Texts are cut to limits::kMaxErrorText.
HandlerError describe_current_exception();

}  // namespace forkmill::worker
