#include "worker/confinement/check.h"

#include <unistd.h>

#include <utility>

#include "worker/confinement/sandbox.h"

namespace forkmill::worker {

namespace {

proto::Status check_rights(const WorkerOptions& options, bool stays_root) {
  if (options.limits.processes != 0 && stays_root) {
    return {Errc::option_out_of_range,
            "--limit-processes: the kernel does not limit root; give the tasks a user with --user"};
  }
  if (!options.sandbox) return {};
  if (stays_root) return {Errc::option_out_of_range, "--sandbox: root can leave it; give the tasks a user with --user"};
  if (auto possible = check_sandbox(); !possible.ok())
    return {Errc::option_out_of_range, "--sandbox: " + possible.failure().text};
  return {};
}

}  // namespace

proto::Result<std::optional<Account>> account_of(const WorkerOptions& options) {
  std::optional<Account> account;
  if (!options.user.empty()) {
    auto found = find_account(options.user);
    if (!found) return found.failure();
    account = std::move(found).value();
  }
  if (auto allowed = check_rights(options, !account && ::geteuid() == 0); !allowed.ok())
    return std::move(allowed).failure();
  return account;
}

}  // namespace forkmill::worker
