#include "worker/os/forked_copy.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace forkmill::worker {

namespace {

// A word that is not 0 in the original. The kernel fills its page with zeros in each fork.
volatile int* original_mark = nullptr;

}  // namespace

void mark_original() {
  if (original_mark == nullptr) {
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || ::madvise(page, size, MADV_WIPEONFORK) != 0) {
      throw std::system_error{errno, std::generic_category(), "a page that is wiped on fork"};
    }
    original_mark = static_cast<volatile int*>(page);
  }
  *original_mark = 1;
}

bool is_forked_copy() { return original_mark != nullptr && *original_mark == 0; }

void end_forked_copy(const std::string& error) {
  const std::string text = "process " + std::to_string(::getpid()) +
                           " is a copy that a handler has forked, and it came back from the handler" +
                           (error.empty() ? "" : " with an error: " + error) +
                           ". It ends here: leave a forked copy by _exit()\n";
  // Not through stdio: its buffers may hold what the original is about to write.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(error.empty() ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace forkmill::worker
