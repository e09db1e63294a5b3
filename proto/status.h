// Status: success, or the reason of a failure, of a function that returns no value. Result<T> (proto/result.h) is for
// functions that return one.
#pragma once

#include <forkmill/errc.h>

#include <optional>
#include <string>
#include <utility>

#include "proto/check.h"

namespace forkmill::proto {

struct Failure {
  Errc code = Errc::unknown;
  std::string text;  // details for people
  friend bool operator==(const Failure&, const Failure&) = default;
};

class [[nodiscard]] Status {
 public:
  Status() = default;                                        // ok
  Status(Failure failure) : failure_{std::move(failure)} {}  // NOLINT(google-explicit-constructor)
  Status(Errc code, std::string text) : failure_{Failure{code, std::move(text)}} {}

  bool ok() const { return !failure_.has_value(); }
  // Only when !ok().
  const Failure& failure() const& { return (FORKMILL_CHECK(!ok()), *failure_); }
  Failure&& failure() && { return (FORKMILL_CHECK(!ok()), *std::move(failure_)); }
  Errc code() const { return ok() ? Errc::ok : failure_->code; }

  friend bool operator==(const Status&, const Status&) = default;

 private:
  std::optional<Failure> failure_;
};

}  // namespace forkmill::proto
