// Throw sites: where exceptions of handlers are thrown. The stack is unwound when a catch block is entered, so this
// part of the library stands between `throw` and the runtime: it defines __cxa_throw, and passes everything on. On a
// thread that watches, it notes the addresses on the stack, which takes some microseconds for each throw; on other
// threads it does nothing. Names are looked up only for an exception that is reported.
//
// A program that is linked with the runtime statically (-static, -static-libstdc++) keeps the runtime's own
// __cxa_throw. Reports of its errors have no backtrace.
#pragma once

#include <string>

namespace forkmill::worker {

// ThrowWatch: while an object lives, throws of its thread are noted, up to the frame that made the object. Not nested.
class ThrowWatch {
 public:
  explicit ThrowWatch(const void* frame = __builtin_frame_address(0)) noexcept;  // evaluated in the caller
  ~ThrowWatch();
  ThrowWatch(const ThrowWatch&) = delete;
  ThrowWatch& operator=(const ThrowWatch&) = delete;
};

// For a catch block: returns where the exception being handled was thrown, innermost first, one frame per line. Empty
// if that thread did not watch, if the exception came from another thread, or if many others were thrown since.
std::string throw_site_of_current_exception();

}  // namespace forkmill::worker
