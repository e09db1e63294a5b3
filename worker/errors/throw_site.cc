#include "worker/errors/throw_site.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <unwind.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "worker/errors/symbols.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kMaxFrames = 48;
constexpr std::size_t kRemembered = 4;  // throws: others may be thrown and caught before an exception is reported

struct Site {
  const void* exception = nullptr;
  std::size_t count = 0;
  std::array<std::uintptr_t, kMaxFrames> frames;
};

struct Sites {
  const void* outermost = nullptr;  // the frame that watches; null: none
  std::size_t last = 0;
  std::array<Site, kRemembered> ring;
};
thread_local Sites sites;

struct Walk {
  Site& site;
  std::uintptr_t outermost;
  std::size_t skip;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* given) {
  Walk& walk = *static_cast<Walk*>(given);
  // The unwinder gives the stack pointer in the frame, which lies below the frame's own address.
  if (_Unwind_GetCFA(context) > walk.outermost) {
    if (walk.site.count > 0) --walk.site.count;  // the last frame is the one that watches
    return _URC_END_OF_STACK;
  }
  if (walk.skip > 0) {
    --walk.skip;
  } else if (walk.site.count < kMaxFrames) {
    // A return address belongs to the instruction after the call, which may be in the next function.
    walk.site.frames[walk.site.count++] = _Unwind_GetIP(context) - 1;
  } else {
    return _URC_END_OF_STACK;
  }
  return _URC_NO_REASON;
}

[[gnu::noinline]] void note(const void* exception) noexcept {
  constexpr std::size_t kOwnFrames = 2;  // this one and __cxa_throw
  sites.last = (sites.last + 1) % kRemembered;
  Site& site = sites.ring[sites.last];
  site.exception = exception;
  site.count = 0;
  Walk walk{site, reinterpret_cast<std::uintptr_t>(sites.outermost), kOwnFrames};
  _Unwind_Backtrace(note_frame, &walk);
}

const Site* find(const void* exception) {
  for (std::size_t i = 0; i < kRemembered; ++i) {
    const Site& site = sites.ring[(sites.last + kRemembered - i) % kRemembered];
    if (site.exception == exception) return &site;
  }
  return nullptr;
}

using Throw = void (*)(void*, std::type_info*, void (*)(void*));

Throw runtimes_throw() {
  static const auto found = reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));
  return found;
}

}  // namespace

ThrowWatch::ThrowWatch(const void* frame) noexcept { sites.outermost = frame; }

ThrowWatch::~ThrowWatch() {
  sites.outermost = nullptr;
  for (Site& site : sites.ring) site.exception = nullptr;  // another exception may get the same address
}

std::string throw_site_of_current_exception() {
  const auto current = std::current_exception();
  const void* exception = nullptr;  // an exception_ptr is the address of the thrown object
  static_assert(sizeof current == sizeof exception);
  std::memcpy(&exception, static_cast<const void*>(&current), sizeof exception);
  std::string text;
  if (exception == nullptr) return text;
  if (const Site* site = find(exception)) {
    for (std::size_t i = 0; i < site->count; ++i) text += describe_address(site->frames[i]) + "\n";
  }
  return text;
}

}  // namespace forkmill::worker

// Weak, so that a program that is linked with the runtime statically uses the runtime's own definition. The constant
// makes the linker load the file of the runtime that has it.
extern "C" {
extern const decltype(&abi::__cxa_init_primary_exception) forkmill_needs_the_runtimes_throw;
[[gnu::used]] const decltype(&abi::__cxa_init_primary_exception) forkmill_needs_the_runtimes_throw =
    &abi::__cxa_init_primary_exception;

[[gnu::weak]] void __cxa_throw(void* exception, std::type_info* type, void (*destroy)(void*)) {
  if (forkmill::worker::sites.outermost != nullptr) forkmill::worker::note(exception);
  if (const auto pass_on = forkmill::worker::runtimes_throw()) pass_on(exception, type, destroy);
  std::fputs("forkmill: this process has no __cxa_throw to throw exceptions with\n", stderr);
  std::abort();
}
}
