// Floods: what hostile peers do, each until the process ends. A flood that was cut off begins again.
#pragma once

#include <string_view>
#include <vector>

#include "tests/hostile/target.h"

namespace forkmill::hostile {

struct Flood {
  std::string_view name;
  std::string_view what;
  void (*run)(const Target& target);  // returns when it was cut off
};

// The floods by name:
//   submits   valid tasks, far over the quota of their principal
//   hellos    HELLO after HELLO, each for another client, over old and new connections
//   garbage   frames that are no messages
//   slow      connections that send a byte now and then
//   unread    questions whose answers are never read
//   names     tasks and objects, each of another name and in another queue
//   claims    a worker that claims the tasks of others, in HELLO and by outcomes, and says that their processes have
//   ended
const std::vector<Flood>& floods();

}  // namespace forkmill::hostile
