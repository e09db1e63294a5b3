// The client at which a handle without one is opened.
#include <forkmill/client.h>
#include <forkmill/default_client.h>
#include <forkmill/object_options.h>

#include <utility>

namespace forkmill {

namespace {

thread_local detail::Origin* scope_engine = nullptr;

}  // namespace

ObjectOptions::ObjectOptions(const Client& client) : engine_{client.engine_} {}

detail::Ref<detail::Origin> ObjectOptions::engine() const {
  if (engine_) return engine_;
  if (scope_engine != nullptr) return detail::Ref<detail::Origin>{scope_engine};
  return ObjectOptions{default_client()}.engine_;
}

detail::ClientScope::ClientScope(Origin* engine) noexcept : before_{std::exchange(scope_engine, engine)} {}
detail::ClientScope::~ClientScope() { scope_engine = before_; }

}  // namespace forkmill
