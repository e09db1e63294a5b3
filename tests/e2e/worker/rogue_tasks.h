// Tasks that behave as badly as handlers can.
#pragma once

#include <forkmill/task.h>

#include <cstdint>
#include <string>
#include <tuple>

inline constexpr forkmill::Task<std::string(std::string)> kEcho{"rogue.echo"};
inline constexpr forkmill::Task<int()> kPid{"rogue.pid"};
inline constexpr forkmill::Task<int(int)> kRaise{"rogue.raise"};                  // kills itself by that signal
inline constexpr forkmill::Task<int(int)> kExit{"rogue.exit"};                    // calls exit()
inline constexpr forkmill::Task<int(std::string, int)> kThrow{"rogue.throw"};     // the error, attempts that fail
inline constexpr forkmill::Task<std::string(std::uint64_t)> kMake{"rogue.make"};  // a result of that many bytes
inline constexpr forkmill::Task<bool(int)> kCrash{"rogue.print_and_crash"};       // prints that many lines first

// Prints the text and the number of the attempt, as a line on stdout and on stderr, and logs it. With a `started`,
// creates that file and waits until the file `go` exists; then prints "done". The first attempt of the text "crash"
// aborts before that.
inline constexpr forkmill::Task<int(std::string text, std::string started, std::string go)> kTalk{"rogue.talk"};

// Creates the file `started`, then sleeps until the file `go` exists. Returns "stopped" when its token stops it (unless
// it is stubborn: then it ignores token and SIGTERM).
inline constexpr forkmill::Task<std::string(std::string started, std::string go, bool stubborn)> kHold{"rogue.hold"};

// Adds the line "start" to the file `notes`, waits until the file `go` exists, and adds the line "end". Returns `text`.
inline constexpr forkmill::Task<std::string(std::string notes, std::string go, std::string text)> kNote{"rogue.note"};

// Starts processes of its own (a child and its child) that sleep, creates `started` with their pids in it, and holds.
inline constexpr forkmill::Task<std::string(std::string started)> kBreed{"rogue.breed"};

// Forks. `what` says what the copy does: "throw", "throw_int", "return", "progress" (which says the child's words, and
// comes back). The original waits for the copy, and returns its exit code.
inline constexpr forkmill::Task<int(std::string what)> kFork{"rogue.fork"};

// Closes descriptors of its own process, "all" from 3 on or the "standard" ones, opens `file`, and keeps it open;
// "over": puts `file` in the place of all. Returns the process's pid.
inline constexpr forkmill::Task<int(std::string what, std::string file)> kClose{"rogue.close"};

// Tries what a confined handler must not do, and returns "done", or why it cannot: "socket", "write" (a file of that
// name), "trace" (reads the environment of the process with that number), "crash" (writes the file, and aborts). Or
// returns what it sees: "folder", "descriptors" (their number), "core" (the most bytes that a core dump may have),
// "user". "spin" uses up processor time, and never returns; "escape" starts a process in a session of its own, whose
// number it writes into the file, and kills itself.
inline constexpr forkmill::Task<std::string(std::string what, std::string where)> kTry{"rogue.try"};

inline constexpr forkmill::Task<std::string()> kLoaded{"rogue.loaded"};  // pid that ran on_start, and how often it ran
inline constexpr forkmill::Task<std::uint64_t(std::uint64_t)> kGrow{
    "rogue.grow"};  // allocates and keeps that many bytes
inline constexpr forkmill::Task<std::string()> kToken{"rogue.token"};
inline constexpr forkmill::Task<std::tuple<std::string, bool, bool>()> kHome{"rogue.home"};
