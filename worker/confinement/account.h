// Account: the user that the processes of tasks run as. A worker that was started as root gives its children to it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "proto/result.h"

namespace forkmill::worker {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary ones
  // For the environment; empty if the account has only numbers.
  std::string name;
  std::string home;
  std::string shell;
};

// Reads the account database for `text`: the name of a user, or UID:GID, which need not be known there. Fails if there
// is no such user, if the user is root, or if this process may not become another user.
proto::Result<Account> find_account(const std::string& text);

// Makes this process one of that account, for good: its user, its groups, and HOME, USER, LOGNAME and SHELL. The kernel
// clears the parent death signal on the way. Throws std::system_error.
void become(const Account& account);

}  // namespace forkmill::worker
