// KeyChanges: what a reload of the authorized keys has changed, by the names of the principals. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/transport/keys/authorized_keys.h"

namespace forkmill::broker {

struct KeyChanges {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;  // other keys, roles, rights or quotas than before
};

KeyChanges changes_between(const proto::AuthorizedKeys& before, const proto::AuthorizedKeys& after);

}  // namespace forkmill::broker
