// LoanInValue: an end of a pipe that travels with a value of a message (PROTOCOL.md, Loans).
#pragma once

#include <cstdint>

namespace forkmill::proto {

struct LoanInValue {
  std::uint64_t pipe = 0;
  std::int64_t ticket = 0;  // as lend gave it
  std::uint64_t value = 0;  // index of the value in the operation or answer, or of the result in RESULTS
  friend bool operator==(const LoanInValue&, const LoanInValue&) = default;
};

}  // namespace forkmill::proto
