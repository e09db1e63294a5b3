#include "tests/chaos/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "tests/processes.h"

namespace forkmill::chaos {

namespace {

struct Pipe {
  explicit Pipe(bool wanted) {
    if (wanted && ::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
  }
  int ends[2] = {-1, -1};
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Runs after fork() in a program with threads, so it makes system calls only.
[[noreturn]] void become(const Start& start, pid_t parent, int in, int out, int log, char* const* argv,
                         char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  if (start.network >= 0 && ::setns(start.network, CLONE_NEWNET) != 0) ::_exit(125);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (in >= 0) ::dup2(in, 0);
  if (log >= 0) {
    ::dup2(log, 1);
    ::dup2(log, 2);
  }
  if (out >= 0) ::dup2(out, 1);
  ::execve(argv[0], argv, environment);
  ::_exit(127);
}

}  // namespace

Program::Program(const Start& start) {
  const auto words = environment_with(start.environment);
  const auto argv = pointers(start.argv);
  const auto environment = pointers(words);
  const Pipe in{start.talks};
  const Pipe out{start.talks};
  const int log = start.log.empty() ? -1 : ::open(start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = start.talks ? -1 : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0)
    become(start, parent, start.talks ? in.ends[0] : nothing, out.ends[1], log, argv.data(), environment.data());
  for (const int done : {in.ends[0], out.ends[1], log, nothing})
    if (done >= 0) ::close(done);
  in_ = in.ends[1];
  out_ = out.ends[0];
  if (pid_ < 0) throw std::runtime_error{"fork"};
  handle_ = tests::open_process(pid_);
}

Program& Program::operator=(Program&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(handle_, other.handle_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  return *this;
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

int Program::reap() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  forget();
  return status;
}

void Program::forget() {
  pid_ = 0;
  for (int* end : {&handle_, &in_, &out_}) {
    if (*end >= 0) ::close(*end);
    *end = -1;
  }
}

void Program::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::optional<int> Program::ended() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  forget();
  return status;
}

int Program::end_within(int milliseconds) {
  if (pid_ > 0 && !tests::wait_for_end(pid_, std::chrono::milliseconds{milliseconds})) ::kill(pid_, SIGKILL);
  return reap();
}

void Program::tell(const std::string& line) const {
  const std::string text = line + "\n";
  if (in_ >= 0 && ::write(in_, text.data(), text.size()) < 0) return;  // the program is gone; ended() tells
}

std::string Program::heard() const {
  pollfd door{out_, POLLIN, 0};
  if (out_ < 0 || ::poll(&door, 1, 0) != 1) return {};
  char bytes[256];
  const auto size = ::read(out_, bytes, sizeof bytes);
  return size > 0 ? std::string{bytes, static_cast<std::size_t>(size)} : std::string{};
}

bool run(const std::vector<std::string>& argv, int network) {
  constexpr int kSoon = 20'000;
  Start start{argv};
  start.log = "/dev/null";
  start.network = network;
  return Program{start}.end_within(kSoon) == 0;
}

std::size_t open_descriptors(pid_t pid) {
  std::error_code ignored;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at{"/proc/" + std::to_string(pid) + "/fd", ignored}, end; at != end;
       at.increment(ignored))
    ++count;
  return count;
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace forkmill::chaos
