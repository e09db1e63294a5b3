#include <forkmill/manager.h>

#include "client/futures/log.h"

namespace forkmill {

Manager::~Manager() {
  try {
    shutdown();
  } catch (const std::exception& error) {
    client::log().debug("a manager's objects could not be removed: {}", error.what());
  }
}

ObjectOptions Manager::options() const {
  const std::unique_lock lock{mutex_};
  if (down_) throw Error{Errc::object_closed, "this manager was shut down"};
  return options_;
}

void Manager::shutdown() {
  std::vector<Kept> kept;
  {
    const std::unique_lock lock{mutex_};
    down_ = true;
    kept.swap(kept_);
  }
  for (auto& handle : kept) {
    try {
      handle.remove();
    } catch (const Error& error) {
      if (error.code() != Errc::object_unknown) throw;
    }
  }
}

}  // namespace forkmill
