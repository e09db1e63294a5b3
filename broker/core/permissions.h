// Permissions: which peer may send which message, as one table. The table is that of PROTOCOL.md, "Who may say what,
// when", without HELLO, which any peer may send at any time.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "proto/wire/messages.h"

namespace forkmill::broker {

enum class Stranger : std::uint8_t { is_refused, is_ignored };  // a peer without a session

// Permission to send one message. The default is that of the broker's own messages, which no peer may send.
struct Permission {
  Stranger stranger = Stranger::is_refused;
  bool client = false;
  bool worker = false;
};

using Permissions = std::array<Permission, std::variant_size_v<proto::AnyMessage>>;

template <class M, class... Each>
constexpr std::size_t index_among(const std::variant<Each...>*) {
  std::size_t index = 0;
  (void)((std::is_same_v<M, Each> || (++index, false)) || ...);
  return index;
}

template <class... M>
constexpr void permit(Permissions& table, Permission permission) {
  ((table[index_among<M>(static_cast<const proto::AnyMessage*>(nullptr))] = permission), ...);
}

inline constexpr Permissions kPermissions = [] {
  using namespace proto;
  Permissions table{};
  permit<Heartbeat>(table, {.client = true, .worker = true});
  permit<Goodbye, ErrorMessage>(table, {.stranger = Stranger::is_ignored, .client = true, .worker = true});
  permit<Submit, ResultAck, Attach, Cancel, Query, Command, Operate>(table, {.client = true});
  permit<Credit, Outcomes, Return, Revoked, Progress, Started, ChildrenGone, Report, Drain, Scaled, Logs>(
      table, {.worker = true});
  return table;
}();

inline const Permission& permission(const proto::Message& message) { return kPermissions[message.index()]; }

}  // namespace forkmill::broker
