// The terminal of `forkmill top`: a real one, in a process of its own.
#include <doctest/doctest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "client/cli/top/screen.h"

namespace top_screen_test {

using namespace forkmill::cli;

namespace {

constexpr int kKept = 10;
constexpr int kLost = 11;

// Presses Ctrl-Z, and paints before the signal is read. Returns whether it still waits.
int paint_with_a_signal_pending() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  TopScreen screen;
  ::kill(::getpid(), SIGTSTP);
  screen.paint({TopLine{"a line", TopLine::Style::plain}});
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTSTP) == 1 ? kKept : kLost;
}

}  // namespace

TEST_CASE("a Ctrl-Z that comes before the screen is painted is not lost") {
  int terminal = -1;
  winsize size{24, 80, 0, 0};
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    int status = 1;
    try {
      status = paint_with_a_signal_pending();
    } catch (...) {
    }
    ::_exit(status);
  }
  std::array<char, 4096> painted{};
  while (::read(terminal, painted.data(), painted.size()) > 0) continue;  // ends when the child has
  ::close(terminal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == kKept);
}

}  // namespace top_screen_test
