// Credit: the rule that a broker grants a worker no more than it has credit for (invariant 12), as far as the worker
// can tell.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/wire/messages.h"

namespace forkmill::sim {

class Credit {
 public:
  // Call when a session begins.
  void welcomed(const proto::Welcome& welcome);
  // Call with each message of the worker, which may give credit.
  void said(const proto::Envelope& envelope);
  // A message of the broker. Throws Violation, with the name of the worker.
  void heard(const proto::Envelope& envelope, std::string_view worker);

 private:
  proto::SessionId session_;
  std::uint64_t credit_ = 0;  // the most in this session
  std::uint64_t granted_ = 0;
};

}  // namespace forkmill::sim
