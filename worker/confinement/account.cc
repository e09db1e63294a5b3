#include "worker/confinement/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace forkmill::worker {

namespace {

constexpr int kMaxGroups = 65536;  // as the kernel has it

proto::Failure no_account(const std::string& text, const std::string& why) {
  return {Errc::option_out_of_range, "--user '" + text + "': " + why};
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The account of UID:GID. Empty: the text has another form.
std::optional<Account> account_of_numbers(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto uid = number_of(text.substr(0, colon));
  const auto gid = number_of(text.substr(colon + 1));
  if (!uid || !gid) return std::nullopt;
  Account account;
  account.uid = *uid;
  account.gid = *gid;
  return account;
}

std::vector<gid_t> groups_of(const passwd& user) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0 && count <= kMaxGroups)
    groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(std::min(count, static_cast<int>(groups.size()))));
  return groups;
}

// Empty: there is no such user.
std::optional<Account> account_of_name(const std::string& name) {
  const passwd* user = ::getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
  if (user == nullptr) return std::nullopt;
  return Account{user->pw_uid, user->pw_gid, groups_of(*user), user->pw_name, user->pw_dir, user->pw_shell};
}

void require_success(int result, const char* what) {
  if (result != 0) throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

proto::Result<Account> find_account(const std::string& text) {
  auto account = account_of_numbers(text);
  if (!account) account = account_of_name(text);
  if (!account) return no_account(text, "there is no such user; give the name of one, or UID:GID");
  if (account->uid == 0 || account->gid == 0)
    return no_account(text, "tasks would keep the rights of root; give a user and group without them");
  if (::geteuid() != 0)
    return no_account(text, "only a worker that is started as root can run its tasks as another user");
  return *account;
}

void become(const Account& account) {
  require_success(::setgroups(account.groups.size(), account.groups.data()), "setgroups");
  require_success(::setresgid(account.gid, account.gid, account.gid), "setresgid");
  require_success(::setresuid(account.uid, account.uid, account.uid), "setresuid");
  const auto set = [](const char* name, const std::string& value) {
    value.empty() ? ::unsetenv(name) : ::setenv(name, value.c_str(), 1);
  };
  set("HOME", account.home);
  set("USER", account.name);
  set("LOGNAME", account.name);
  set("SHELL", account.shell);
}

}  // namespace forkmill::worker
