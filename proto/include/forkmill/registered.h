// Functions of a program that are known by name before its main() begins or soon after: a worker in the same program
// serves them beside those of Worker::on(). Not for users; see process.h.
//
// Thread safety: registering belongs to the program's start, before there are threads. Lifetime: that of the program.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::detail {

struct RegisteredFunction {
  std::string name;
  std::string signature;
  std::function<std::string(std::string_view)> call;  // packed arguments to packed result; throws what it likes
};

// Throws std::invalid_argument for a name that is taken.
void register_function(RegisteredFunction function);
const std::vector<RegisteredFunction>& registered_functions();

// Runs in a process that was forked for one task, when that is over and before its outcome is told: in the order in
// which they were given. They must not throw.
void at_process_end(std::function<void()> what);
void run_at_process_end();

}  // namespace forkmill::detail
