#include "tests/bench/measure/child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "tests/eventually.h"
#include "tests/processes.h"

namespace forkmill::bench {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{what + ": " + std::strerror(errno)}; }

// In the child: end when the parent does, even when the parent ended before we asked for it.
void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts_connections(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

// Binds a port of 127.0.0.1 for a moment; 0: any free one. Returns it; 0: it is not free.
int bound_port(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  auto address = loopback(port);
  socklen_t size = sizeof address;
  const bool is_bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return is_bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

Child Child::program(const std::vector<std::string>& argv) {
  std::vector<char*> raw;
  raw.reserve(argv.size() + 1);
  for (const auto& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  int report[2];  // closes on a successful exec, carries errno otherwise
  if (pipe2(report, O_CLOEXEC) != 0) fail("pipe2");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    die_with(parent);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(raw[0], raw.data());
    const int error = errno;
    [[maybe_unused]] const auto ignored = write(report[1], &error, sizeof error);
    _exit(127);
  }
  Child child{pid};
  close(report[1]);
  int error = 0;
  const auto got = read(report[0], &error, sizeof error);
  close(report[0]);
  if (got > 0) throw std::runtime_error{"cannot run " + argv[0] + ": " + std::strerror(error)};
  return child;
}

Child Child::function(const std::function<int()>& body) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    die_with(parent);
    signal(SIGTERM, SIG_DFL);
    _exit(body());
  }
  return Child{pid};
}

bool Child::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

void Child::stop() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  tests::wait_for_end(pid_, 5s);
  kill();
}

int Child::wait() {
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void Child::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int free_port(int above) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const int port = bound_port(0);
    bool are_free = port != 0;
    for (int next = port + 1; are_free && next <= port + above; ++next)
      are_free = next <= std::numeric_limits<std::uint16_t>::max() && bound_port(next) == next;
    if (are_free) return port;
  }
  throw std::runtime_error{"no free port with " + std::to_string(above) + " free ones above it"};
}

void wait_for_port(int port, Child& server) {
  bool open = false;
  const bool known = tests::eventually([&] { return (open = accepts_connections(port)) || !server.running(); }, 10s);
  if (!known) throw std::runtime_error{"nothing listens on port " + std::to_string(port) + " after ten seconds"};
  if (!open) throw std::runtime_error{"the server ended at its start"};
}

}  // namespace forkmill::bench
