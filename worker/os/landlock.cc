#include "worker/os/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace forkmill::worker {

namespace {

// The kernel of the machine that builds may be older than that of the machine that runs: what <linux/landlock.h> of
// Debian 12 does not have yet.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
constexpr std::uint64_t kTruncate = 1ULL << 14;               // LANDLOCK_ACCESS_FS_TRUNCATE
constexpr std::uint64_t kScopes = (1ULL << 0) | (1ULL << 1);  // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and _SIGNAL

constexpr int kLandlockRefers = 2;  // files can be moved between folders

constexpr std::uint64_t kWritesToFolders =
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

std::uint64_t writes_to_files(int version) {
  return LANDLOCK_ACCESS_FS_WRITE_FILE | (version >= kLandlockTruncates ? kTruncate : 0);
}

std::system_error landlock_error(const std::string& what) {
  return std::system_error{errno, std::generic_category(), "Landlock: " + what};
}

void allow_below(int rules, const std::string& path, std::uint64_t rights) {
  const proto::Descriptor place{::open(path.c_str(), O_PATH | O_CLOEXEC)};
  if (!place) throw landlock_error(path);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) throw landlock_error(path);
}

}  // namespace

int landlock_version() {
  static const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                                        LANDLOCK_CREATE_RULESET_VERSION);  // NOLINT(google-runtime-int)
  return static_cast<int>(std::max(version, 0L));
}

proto::Descriptor make_write_rules(const std::string& folder) {
  const int version = landlock_version();
  const std::uint64_t files = writes_to_files(version);
  const std::uint64_t all = files | kWritesToFolders | (version >= kLandlockRefers ? LANDLOCK_ACCESS_FS_REFER : 0);
  const RulesetAttributes attributes{all, 0, version >= kLandlockScopes ? kScopes : 0};
  proto::Descriptor rules{
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0))};  // closed on exec
  if (!rules) throw landlock_error("no rules can be made");
  allow_below(rules.get(), folder, all);
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/full"})
    if (::access(device, F_OK) == 0) allow_below(rules.get(), device, files);
  return rules;
}

bool obey(int rules) { return ::syscall(SYS_landlock_restrict_self, rules, 0) == 0; }

}  // namespace forkmill::worker
