#include <fcntl.h>
#include <forkmill/worker.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "tests/e2e/worker/rogue_tasks.h"
#include "tests/files.h"

namespace {

using namespace std::chrono_literals;
using forkmill::tests::create;
using forkmill::tests::wait_for;

std::string loaded;
int loads = 0;
std::vector<std::vector<char>> hoard;

struct Strange {};

std::string hold(forkmill::Context& context, const std::string& started, const std::string& go, bool stubborn) {
  if (stubborn) ::signal(SIGTERM, SIG_IGN);
  create(started, std::to_string(::getpid()) + "\n");
  return wait_for(go, stubborn ? std::stop_token{} : context.stop_token()) ? "went on" : "stopped";
}

// Appends to the file at once, so that a kill loses nothing.
void add_line(const std::string& path, const char* line) { std::ofstream{path, std::ios::app} << line << "\n"; }

std::string note(const std::string& notes, const std::string& go, std::string text) {
  add_line(notes, "start");
  wait_for(go);
  add_line(notes, "end");
  return text;
}

std::string breed(const std::string& started) {
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      ::setpgid(0, 0);  // not of the child's process group any more
      for (;;) ::pause();
    }
    create(started,
           std::to_string(::getppid()) + "\n" + std::to_string(::getpid()) + "\n" + std::to_string(grandchild) + "\n");
    for (;;) ::pause();
  }
  for (;;) ::pause();
}

// The copy comes back from here. The original returns the copy's exit code.
int fork_and_wait(forkmill::Context& context, const std::string& what) {
  const pid_t copy = ::fork();
  if (copy != 0) {
    int status = 0;
    ::waitpid(copy, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  if (what == "throw") throw std::runtime_error{"the copy cannot run what it should"};
  if (what == "throw_int") throw 7;
  if (what == "progress") {
    context.progress(0.5, "of the copy");
    context.log("a line of the copy");
    if (context.stop_token().stop_requested()) return 99;
  }
  return 77;  // the outcome of the task, if anything of the copy were believed
}

int close_descriptors(const std::string& what, const std::string& file) {
  if (what == "standard") {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
  } else if (what == "all") {
    ::close_range(3, ~0U, 0);
  }
  const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
  for (int fd = 3; what == "over" && fd < 40; ++fd) ::dup2(opened, fd);
  // After a task of a few microseconds, the child looks at its descriptors only when it has to wake its link.
  for (const auto end = std::chrono::steady_clock::now() + 1ms; std::chrono::steady_clock::now() < end;) continue;
  return ::getpid();
}

int throw_what(const std::string& what, forkmill::Context& context, int failing_attempts) {
  if (context.attempt() > static_cast<std::uint32_t>(failing_attempts)) return static_cast<int>(context.attempt());
  if (what == "retry") throw forkmill::Retry{"not yet", 1ms};
  if (what == "int") throw 42;
  if (what == "string") throw std::string{"a string"};
  if (what == "text") throw "a text";
  if (what == "strange") throw Strange{};
  throw std::runtime_error{what};
}

int talk(forkmill::Context& context, const std::string& text, const std::string& started, const std::string& go) {
  const std::string line = text + " " + std::to_string(context.attempt());
  std::printf("out %s\n", line.c_str());
  context.log(forkmill::LogLevel::warning, "log " + line);
  std::fprintf(stderr, "err %s\n", line.c_str());
  if (text == "crash" && context.attempt() == 1) std::abort();
  if (!started.empty()) {
    create(started, "x");
    wait_for(go);
  }
  std::cout << "done " << line;  // without a new line
  return static_cast<int>(context.attempt());
}

std::string outcome(bool done) { return done ? "done" : std::strerror(errno); }

void leave_stray(const std::string& file) {
  if (::fork() == 0) {
    ::setsid();
    create(file, std::to_string(::getpid()) + "\n");
    for (;;) ::pause();
  }
  wait_for(file);
  ::raise(SIGKILL);
}

std::string try_to(const std::string& what, const std::string& where) {
  if (what == "socket") return outcome(::socket(AF_INET, SOCK_STREAM, 0) >= 0);
  if (what == "write") return outcome(::open(where.c_str(), O_WRONLY | O_CREAT, 0600) >= 0);
  if (what == "trace") return outcome(::open(("/proc/" + where + "/environ").c_str(), O_RDONLY) >= 0);
  if (what == "crash" && ::open(where.c_str(), O_WRONLY | O_CREAT, 0600) >= 0) std::abort();
  if (what == "escape") leave_stray(where);
  if (what == "folder") return std::filesystem::current_path();
  if (what == "user") return std::to_string(::getuid()) + ":" + std::to_string(::getgid());
  if (what == "spin") {
    for (volatile bool forever = true; forever;) continue;
  }
  if (what == "core") {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return std::to_string(limit.rlim_max);
  }
  return std::to_string(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::Worker worker{argc, argv};
  worker.on_start([] { loaded = std::to_string(::getpid()) + " " + std::to_string(++loads); });
  if (const char* file = std::getenv("ROGUE_STILLBORN")) {
    worker.on_child_start([file] {
      std::ofstream{file, std::ios::app} << "born\n";
      throw std::runtime_error{"no connection"};
    });
  }
  worker.on(kEcho, [](std::string text) { return text; });
  worker.on(kPid, [] { return ::getpid(); });
  worker.on(kRaise, [](int signal) { return ::raise(signal); });
  worker.on(kExit, [](int code) -> int { std::exit(code); });
  worker.on(kThrow, [](forkmill::Context& context, const std::string& what, int failing) {
    return throw_what(what, context, failing);
  });
  worker.on(kMake, [](std::uint64_t size) { return std::string(size, 'x'); });
  worker.on(kCrash, [](int lines) -> bool {
    for (int i = 0; i < lines; ++i) std::printf("line %d\n", i);
    std::fprintf(stderr, "about to crash");
    std::abort();
  });
  worker.on(kTalk, talk);
  worker.on(kHold, hold);
  worker.on(kNote, note);
  worker.on(kBreed, breed);
  worker.on(kFork, fork_and_wait);
  worker.on(kClose, close_descriptors);
  worker.on(kTry, try_to);
  worker.on(kLoaded, [] { return loaded; });
  worker.on(kGrow, [](std::uint64_t size) {
    hoard.emplace_back(size, 'x');
    return static_cast<std::uint64_t>(::getpid());
  });
  worker.on(kToken, [](forkmill::Context& context) {
    context.log("hello from a handler");
    return context.fencing_token().to_string() + " " + context.queue() + " " + context.task_id().to_string();
  });
  worker.on(kHome, [] {
    std::string link(256, ' ');
    link.resize(
        static_cast<std::size_t>(std::max<ssize_t>(0, ::readlink("/proc/self/fd/0", link.data(), link.size()))));
    return std::tuple{link, ::getsid(0) == ::getpid(), ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1};
  });
  return worker.run();
}
