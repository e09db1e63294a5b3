// Tasks of the tests of Pool and local://. pool_program.cc registers them.
#pragma once

#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>
#include <forkmill/task.h>

#include <msgpack.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Cannot be packed.
struct Rebellious {
  template <class Packer>
  void msgpack_pack(Packer&) const {
    throw std::runtime_error{"this cannot be packed"};
  }
  void msgpack_unpack(const msgpack::object&) {}
};

inline constexpr forkmill::Task<int(int, int)> kAdd{"pool.add"};
inline constexpr forkmill::Task<int(int)> kSquare{"pool.square"};
inline constexpr forkmill::Task<int(int)> kPid{"pool.pid"};                       // pid of the process that runs it
inline constexpr forkmill::Task<int(int)> kPositive{"pool.positive"};             // throws std::out_of_range
inline constexpr forkmill::Task<std::vector<int>(int)> kSquares{"pool.squares"};  // one square; merged: a list
inline constexpr forkmill::Task<int(int)> kTotal{"pool.total"};                   // as kPositive; merged: the sum
inline constexpr forkmill::Task<int(int)> kLeave{"pool.leave"};                   // exit(n); 0: gives 0
inline constexpr forkmill::Task<int(int)> kRaise{"pool.raise"};
inline constexpr forkmill::Task<int(std::string, std::string)> kMeet{
    "pool.meet"};                                                        // makes the first, waits for the second
inline constexpr forkmill::Task<int(std::string)> kAwait{"pool.await"};  // waits for the file; its pid
inline constexpr forkmill::Task<int(std::pair<std::string, int>)> kAfter{"pool.after"};  // the file; kPositive
inline constexpr forkmill::Task<Rebellious()> kRebel{"pool.rebel"};
inline constexpr forkmill::Task<std::string(std::int64_t)> kLarge{"pool.large"};
inline constexpr forkmill::Task<void(std::string)> kNote{"pool.note"};  // a line with its pid
// Writes the number on a line; -1: then throws, -2: then is killed.
inline constexpr forkmill::Task<int(std::string, int)> kMark{"pool.mark"};
inline constexpr forkmill::Task<int(std::pair<std::string, int>)> kMarkPair{"pool.mark_pair"};  // the same
inline constexpr forkmill::Task<int(std::string)> kDieOnce{"pool.die_once"};  // unless the file is there; 1
inline constexpr forkmill::Task<void(forkmill::Connection<std::string>, std::string)> kSend{"pool.send"};
inline constexpr forkmill::Task<void(std::string, int)> kStart{"pool.start"};
inline constexpr forkmill::Task<int(int)> kStarted{"pool.started"};  // the value that kStart has set
inline constexpr forkmill::Task<void()> kFailToStart{"pool.fail_to_start"};
inline constexpr forkmill::Task<void()> kDieAtStart{"pool.die_at_start"};
// Makes a file in that folder, waits there for the file "go on", and makes another one.
inline constexpr forkmill::Task<void(std::string)> kStartSlowly{"pool.start_slowly"};
inline constexpr forkmill::Task<void()> kNeverStart{"pool.never_start"};
// Starts a process that stays, as a daemon or not; the pids of both.
inline constexpr forkmill::Task<std::pair<int, int>(bool)> kStartProcess{"pool.start_process"};
inline constexpr forkmill::Task<void(forkmill::Queue<int>, std::vector<forkmill::Lock>)> kUseObjects{
    "pool.use_objects"};
// Return the end of a pipe that they are given, alone and with a number.
inline constexpr forkmill::Task<forkmill::Connection<std::string>(forkmill::Connection<std::string>)> kPassEnd{
    "pool.pass_end"};
inline constexpr forkmill::Task<std::pair<int, forkmill::Connection<std::string>>(forkmill::Connection<std::string>)>
    kPassPair{"pool.pass_pair"};
inline constexpr forkmill::Task<int(int)> kSquareInPool{"pool.square_in_pool"};  // makes a pool for it
inline constexpr forkmill::Task<void()> kStay{"pool.stay"};
inline constexpr forkmill::Task<int()> kParentPid{"pool.parent_pid"};
inline constexpr forkmill::Task<int(int)> kNobody{"pool.nobody"};                // not registered
inline constexpr forkmill::Task<void(std::string)> kKeepLock{"pool.keep_lock"};  // acquires the lock, and keeps it
inline constexpr forkmill::Task<int()> kWithContext{"pool.with_context"};
inline constexpr forkmill::Task<void(forkmill::Dict<std::string, int>, int)> kCount{"pool.count"};  // adds to "sum"
