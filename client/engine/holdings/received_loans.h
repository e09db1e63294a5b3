// ReceivedLoans: ends of pipes in the values that this client has received. A value that is dropped before its ends
// were claimed gives them back, and the broker closes them. To give back an end that was claimed changes nothing.
//
// Lifetime: shared with the values, which may outlive the engine. Thread-safe.
#pragma once

#include <forkmill/detail/counted.h>
#include <forkmill/detail/state.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::client {

class ReceivedLoans : public std::enable_shared_from_this<ReceivedLoans> {
 public:
  // Tells the broker that a loan goes nowhere; may be called by any thread that destroys a value.
  using GiveBack = void (*)(const detail::Ref<detail::Origin>& engine, std::uint64_t pipe, std::int64_t ticket);

  ReceivedLoans(detail::Origin& engine, GiveBack give_back)
      : give_back_{give_back}, process_{::getpid()}, engine_{&engine} {}

  // Makes the values of a message that has arrived give back the loans that it names.
  void hold_in(proto::Message& message);
  // Call when the engine is about to close: the broker ends its loans.
  void close();

 private:
  using Key = std::pair<std::uint64_t, std::int64_t>;  // pipe and ticket
  using Keys = std::vector<Key>;
  // Owner of a value with loans.
  class Bearer;

  void hold(proto::Payload& value, Keys loans);
  void remove(const Keys& loans) noexcept;

  const GiveBack give_back_;
  const pid_t process_;  // a child that was forked has no use of the values
  std::mutex mutex_;
  detail::Origin* engine_;             // null: closed
  std::map<Key, std::size_t> values_;  // with this loan: a message may arrive twice
};

}  // namespace forkmill::client
