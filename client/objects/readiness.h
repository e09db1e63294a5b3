// ObjectReadiness: how wait() waits for a named object: by an operation that the broker answers once the object is
// ready, and that changes nothing.
#pragma once

#include <forkmill/detail/readiness.h>

#include <functional>
#include <memory>

#include "client/objects/object.h"

namespace forkmill::client {

class ObjectReadiness final : public detail::Readiness {
 public:
  // verb: its answer has is_signalled() or is_readable(), which are the same. has_some: whether this process has
  // something already that the broker does not know of; may be empty.
  ObjectReadiness(std::shared_ptr<Object> object, Verb verb, proto::Operands operands = {},
                  std::function<bool()> has_some = {})
      : object_{std::move(object)}, verb_{verb}, operands_{operands}, has_some_{std::move(has_some)} {}

  bool asks_broker() const noexcept override { return true; }
  detail::Ref<detail::State> begin(bool at_once) const override;
  bool is_ready(detail::State& begun) const override;
  void give_up(const detail::Ref<detail::State>& begun) const noexcept override;

 private:
  const std::shared_ptr<Object> object_;
  const Verb verb_;
  const proto::Operands operands_;
  const std::function<bool()> has_some_;
};

}  // namespace forkmill::client
