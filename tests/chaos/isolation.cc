#include "tests/chaos/isolation.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/eventually.h"

namespace forkmill::chaos {

namespace {

std::atomic<bool> to_end{false};
std::atomic<pid_t> inner{0};

void on_end(int number) {
  to_end = true;
  if (inner > 0) ::kill(inner, number);
}

std::string path_of(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
    if (std::filesystem::exists(folder + program)) return folder + program;
  return program;
}

bool ip(std::vector<std::string> words, int network = -1) {
  words.insert(words.begin(), path_of("ip"));
  return run(words, network);
}

// Prepares the new namespaces for their first process: mounts stay private, /proc shows only processes of the
// namespace, and the loopback interface is up.
bool furnish() {
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 &&
         ip({"link", "set", "lo", "up"});
}

}  // namespace

bool asked_to_end() { return to_end; }

int run_isolated(const std::function<int(bool)>& body) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, on_end);
  ::signal(SIGPIPE, SIG_IGN);
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) != 0) return body(false);
  inner = ::fork();
  if (inner == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // dies with the process that started it
    if (!furnish()) {
      std::fprintf(stderr, "chaos: the new namespaces could not be prepared\n");
      std::_Exit(1);
    }
    int status = 1;
    try {
      status = body(true);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "chaos: %s\n", error.what());
    }
    std::fflush(nullptr);
    std::_Exit(status);
  }
  int status = 0;
  while (::waitpid(inner, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  // Killed because memory ran out, for instance.
  std::fprintf(stderr, "chaos: FAILED: the ring itself was ended by signal %d; its folder is kept\n", WTERMSIG(status));
  return 1;
}

bool mount_disk(const std::string& path, std::uint64_t bytes) {
  return ::mount("tmpfs", path.c_str(), "tmpfs", 0, ("mode=0700,size=" + std::to_string(bytes)).c_str()) == 0;
}

bool resize_disk(const std::string& path, std::uint64_t bytes) {
  return ::mount("tmpfs", path.c_str(), "tmpfs", MS_REMOUNT, ("mode=0700,size=" + std::to_string(bytes)).c_str()) == 0;
}

bool shrink_disk(const std::string& path, std::uint64_t leave) {
  struct statvfs facts {};
  if (::statvfs(path.c_str(), &facts) != 0) return false;
  const std::uint64_t used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize;
  return used + leave > 0 && resize_disk(path, used + leave);  // a size of 0 would be no limit, for good
}

void unmount_disk(const std::string& path) { ::umount2(path.c_str(), MNT_DETACH); }

FarMachine::FarMachine() {
  Start start{{path_of("unshare"), "--net", path_of("sleep"), "infinity"}};
  start.log = "/dev/null";
  anchor_ = Program{start};
  const std::string mine = std::filesystem::read_symlink("/proc/self/ns/net");
  const std::string its = "/proc/" + std::to_string(anchor_.pid()) + "/ns/net";
  const bool apart = tests::eventually(
      [&] {
        std::error_code ignored;
        return std::filesystem::read_symlink(its, ignored) != mine;
      },
      std::chrono::seconds{10});
  if (!apart) return;
  network_ = ::open(its.c_str(), O_RDONLY | O_CLOEXEC);
  works_ = network_ >= 0 &&
           ip({"link", "add", "far", "type", "veth", "peer", "name", "near", "netns", std::to_string(anchor_.pid())}) &&
           ip({"addr", "add", "10.77.0.1/24", "dev", "far"}) && ip({"link", "set", "far", "up"}) &&
           ip({"addr", "add", "10.77.0.2/24", "dev", "near"}, network_) &&
           ip({"link", "set", "near", "up"}, network_) && ip({"link", "set", "lo", "up"}, network_);
  loses_ = works_ && rule("-A", 0.5) && rule("-D", 0.5);
}

void FarMachine::plug(bool in) const { ip({"link", "set", "far", in ? "up" : "down"}); }

bool FarMachine::rule(const char* what, double share) const {
  const std::string probability = std::to_string(share);
  for (const int network : {-1, network_}) {
    if (!run({path_of("iptables"), "-w", what, "INPUT", "-i", network < 0 ? "far" : "near", "-m", "statistic", "--mode",
              "random", "--probability", probability, "-j", "DROP"},
             network))
      return false;
  }
  return true;
}

void FarMachine::lose(double share) const {
  for (const int network : {-1, network_}) run({path_of("iptables"), "-w", "-F", "INPUT"}, network);
  if (share > 0) rule("-A", share);
}

}  // namespace forkmill::chaos
