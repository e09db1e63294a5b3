// Where the exceptions of handlers are thrown. The language forgets that as soon as a catch block is entered, so this
// part of the library stands between `throw` and the runtime (it defines __cxa_throw and passes everything on): on a
// thread that watches it notes the addresses on the stack, some microseconds for each throw; on others it does nothing.
// Names are looked up only for what is reported.
//
// A program that brings the runtime along (-static, -static-libstdc++) keeps the runtime's own __cxa_throw; reports
// then have no backtrace, and everything else is the same.
#pragma once

#include <string>

namespace forkmill::worker {

// While one lives, throws of its thread are noted, up to the frame that made it. Not nested.
class ThrowWatch {
 public:
  explicit ThrowWatch(const void* frame = __builtin_frame_address(0)) noexcept;  // evaluated in whoever makes it
  ~ThrowWatch();
  ThrowWatch(const ThrowWatch&) = delete;
  ThrowWatch& operator=(const ThrowWatch&) = delete;
};

// For a catch block: where the exception being handled was thrown, innermost first, a frame a line. Empty when nobody
// watched there, when it came from another thread, or when many others were thrown since.
std::string throw_site_of_current_exception();

}  // namespace forkmill::worker
