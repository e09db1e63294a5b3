// Meter: counts the instructions and allocations of the code that it is told to count. Run under callgrind with
// --toggle-collect=forkmill_counted, it collects only what that function calls, so that peers that a trace plays cost
// nothing. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

// Calls `call` with `body`. callgrind knows this function by its name.
extern "C" void forkmill_counted(void (*call)(void*), void* body);

namespace forkmill::cost {

// Calls of malloc, calloc and realloc, and so of operator new, in this process so far.
std::uint64_t allocations();

class Meter {
 public:
  // Calls `body`; its cost is counted if the meter is on.
  template <class Body>
  std::invoke_result_t<Body&> count(Body&& body) {
    using Result = std::invoke_result_t<Body&>;
    if constexpr (std::is_void_v<Result>) {
      run([&] { body(); });
    } else if constexpr (std::is_reference_v<Result>) {
      std::remove_reference_t<Result>* result = nullptr;
      run([&] { result = &body(); });
      return *result;
    } else {
      std::optional<Result> result;
      run([&] { result.emplace(body()); });
      return std::move(*result);
    }
  }

  // The meter is off while a trace warms up: tables have their size, and memory comes from free lists.
  void turn_on() { on_ = true; }

  // Ends a case: prints "NAME tasks allocations" and makes callgrind write its counts under this name. Turns the meter
  // off. Throws std::logic_error if it is off: nothing was counted.
  void report(const std::string& name, std::uint64_t tasks);

 private:
  template <class Body>
  void run(Body body) {
    if (!on_) return body();
    const auto before = allocations();
    forkmill_counted([](void* given) { (*static_cast<Body*>(given))(); }, &body);
    allocations_ += allocations() - before;
  }

  bool on_ = false;
  std::uint64_t allocations_ = 0;
};

}  // namespace forkmill::cost
