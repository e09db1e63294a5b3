// LoanAudit: to whom ends of pipes belong that are lent. A loan is where clients of its lender's principal have placed
// it, and nowhere else. It is claimed by that principal, by that of a client that has received it, or by that of the
// worker that runs the task which carries it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>

#include "broker/core/core.h"

namespace forkmill::sim {

// Each function throws Violation.
class LoanAudit {
 public:
  // Call when a broker has started: no pipe outlives the one before.
  void begin();
  void arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope);
  void round(const broker::Core& core, const broker::Effects& effects);

 private:
  struct Ticket {
    std::uint64_t pipe = 0;
    std::int64_t number = 0;
    friend auto operator<=>(const Ticket&, const Ticket&) = default;
  };
  // A place, and the principal of a client that has asked for it. task: nil for a value.
  using Placement = std::tuple<Ticket, std::string, TaskId, bool>;
  using Claim = std::tuple<broker::ClientHandle, std::uint64_t>;  // a client, and the number of its operation

  void note(const broker::Core& core, const broker::Client& client, const proto::Operation& operation);
  void check_places(const broker::Core& core) const;
  void check_claims(const broker::Core& core, const broker::Effects& effects);

  std::set<Placement> asked_;
  std::set<Claim> forbidden_;  // claims of loans that the client must not have
};

}  // namespace forkmill::sim
