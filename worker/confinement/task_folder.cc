#include "worker/confinement/task_folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "worker/os/out_of_resources.h"
#include "worker/os/tree_removal.h"

namespace forkmill::worker {

namespace {

constexpr std::string_view kVariable = "TMPDIR=";
constexpr std::size_t kDigits = 10;

}  // namespace

TaskFolder::TaskFolder(std::string parent) : parent_{std::move(parent)} {
  if (parent_.empty()) return;
  if (::chdir(parent_.c_str()) != 0) throw std::system_error{errno, std::generic_category(), parent_};
  variable_ = std::string{kVariable} + parent_ + "/" + std::string(kDigits, '0');
}

void TaskFolder::enter_next() {
  // Handlers of earlier tasks may have left threads that read the environment: the variable keeps its place and length.
  const auto digits = std::to_string(number_++);
  std::copy(digits.begin(), digits.end(), variable_.end() - static_cast<std::ptrdiff_t>(digits.size()));
  const char* const folder = variable_.c_str() + kVariable.size();
  if (::mkdir(folder, S_IRWXU) != 0 || ::chdir(folder) != 0)
    throw OutOfResources{std::string{"cannot make the task's folder "} + folder + ": " + std::strerror(errno)};
  const char* const known = ::getenv("TMPDIR");
  if (known != folder) ::putenv(variable_.data());
}

void TaskFolder::leave() {
  const char* const folder = variable_.c_str() + kVariable.size();
  if (::chdir(parent_.c_str()) == 0 && remove_tree(folder)) return;
  std::fprintf(stderr, "the folder of a task cannot be removed: %s: %s\n", folder, std::strerror(errno));
}

}  // namespace forkmill::worker
