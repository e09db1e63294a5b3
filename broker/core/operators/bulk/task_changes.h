// TaskChanges: changes of many tasks, as the commands and queries of operators see them. operators/bulk/ has them.
#pragma once

#include <optional>
#include <string_view>

#include "broker/core/operators/answers/replies.h"

namespace forkmill::broker {

class TaskChanges {
 public:
  virtual ~TaskChanges() = default;

  // Begins the change, unless it has begun before. None: the reply goes out when it is done.
  virtual std::optional<ReplyBody> begin(const Client& client, const proto::ChangeTasks& order) = 0;
  // Lists the changes that the client may know of, the latest first. `id`: only that one; empty: all.
  virtual ReplyBody list(const Client& client, std::string_view id) const = 0;
};

}  // namespace forkmill::broker
