// Watches: a watch operation that is started again after each answer.
#pragma once

#include <forkmill/watch.h>

#include <functional>
#include <memory>

#include "client/objects/object.h"

namespace forkmill::detail {

RawChanges raw_changes(const client::Object::Answer& answer);
std::optional<RawChanges> wait_changes(client::Object& object, std::int64_t version, Wait wait);
Watch watch_object(const std::shared_ptr<client::Object>& object, std::function<void(const RawChanges&)> callback);

}  // namespace forkmill::detail
