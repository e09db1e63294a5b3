// Result<T>: a value, or a failure that is part of normal operation (malformed bytes, a full queue). For our own bugs
// there are assertions (proto/check.h), for failures of the set-up exceptions.
#pragma once

#include <forkmill/errc.h>

#include <utility>
#include <variant>

#include "proto/check.h"
#include "proto/status.h"

namespace forkmill::proto {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_{std::move(value)} {}  // NOLINT(google-explicit-constructor): reads as `return value`
  Result(Failure failure) : state_{std::move(failure)} {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return (FORKMILL_CHECK(ok()), std::get<0>(state_)); }
  const T& value() const& { return (FORKMILL_CHECK(ok()), std::get<0>(state_)); }
  T&& value() && { return (FORKMILL_CHECK(ok()), std::get<0>(std::move(state_))); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Failure& failure() const { return (FORKMILL_CHECK(!ok()), std::get<1>(state_)); }
  Errc code() const { return ok() ? Errc::ok : failure().code; }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace forkmill::proto
