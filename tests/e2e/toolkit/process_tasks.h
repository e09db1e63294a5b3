// Tasks of the tests of Process.
#pragma once

#include <forkmill/list.h>
#include <forkmill/pipe.h>
#include <forkmill/process.h>

#include <string>
#include <utility>

inline constexpr forkmill::Task<void()> kNothing{"p.nothing"};
inline constexpr forkmill::Task<void(std::string)> kThrow{"p.throw"};
inline constexpr forkmill::Task<void(int)> kExit{"p.exit"};
inline constexpr forkmill::Task<void(int)> kRaise{"p.raise"};
// Writes its pid to the first file and waits for the second; stubborn: SIGTERM does nothing to it.
inline constexpr forkmill::Task<void(std::string, std::string, bool)> kHold{"p.hold"};
// Writes what current_process() returns there, one line per member.
inline constexpr forkmill::Task<void(std::string)> kWho{"p.who"};
// Acquires the lock of that name, writes its fencing token to the file, and waits forever.
inline constexpr forkmill::Task<void(std::string, std::string)> kHoldLock{"p.hold_lock"};
// Acquires a unit of the semaphore of that name and returns, or writes the file and waits forever.
inline constexpr forkmill::Task<void(std::string, std::string, bool)> kAcquireUnit{"p.acquire_unit"};
// Has a child and a grandchild without forkmill, writes their pids, waits forever.
inline constexpr forkmill::Task<void(std::string)> kBreed{"p.breed"};
// Starts a process that holds (up, go), as a daemon or not, and then returns, or waits for `leave`.
inline constexpr forkmill::Task<void(std::string, std::string, std::string, bool)> kParent{"p.parent"};
// Makes a Process in itself, writes its daemon flag and the error of start().
inline constexpr forkmill::Task<void(std::string)> kNested{"p.nested"};

// Sends "hello" through the end of a pipe, and waits for the file.
inline constexpr forkmill::Task<void(forkmill::Connection<std::string>, std::string)> kGreet{"p.greet"};
// Ends by that signal.
inline constexpr forkmill::Task<void(forkmill::Connection<std::string>, int)> kCrashWithEnd{"p.crash_with_end"};
// Returns one end of a pipe, and sends "made here" through the other one.
inline constexpr forkmill::Task<forkmill::Connection<std::string>()> kMakePipe{"p.make_pipe"};
// Opens the lock of the value, and holds it for a moment.
inline constexpr forkmill::Task<void(forkmill::Value<int>)> kUseLockOfValue{"p.use_lock_of_value"};

class Adder : public forkmill::Process {
 public:
  Adder() = default;
  Adder(forkmill::Client& client, forkmill::ProcessOptions options) : Process{client, std::move(options)} {}
  void run() override;

  std::string file;
  int left = 0;
  int right = 0;
  MSGPACK_DEFINE(file, left, right)
};

class Stateless : public forkmill::Process {
 public:
  Stateless() = default;
  explicit Stateless(forkmill::Client& client) : Process{client, {}} {}
  void run() override;
};
