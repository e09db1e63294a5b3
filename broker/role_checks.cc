#include "broker/role_checks.h"

#include <string>
#include <variant>

namespace forkmill::broker {

using proto::Principal;
using proto::Roles;
using proto::Status;

namespace {

std::string names_of(const Roles& roles) {
  std::string names;
  const auto add = [&](bool has, const char* name) {
    if (has) names += (names.empty() ? "" : ", ") + std::string{name};
  };
  add(roles.client, "client");
  add(roles.worker, "worker");
  add(roles.admin, "admin");
  return names;
}

Status refusal(const Principal& principal, const std::string& needed) {
  if (principal.is_removed) {
    return {Errc::not_permitted, "the key of " + principal.name +
                                     " is not authorized any longer; use another key, or have it added to "
                                     "--authorized-keys of the broker"};
  }
  return {Errc::not_permitted, principal.name + " has the roles " + names_of(principal.roles) + ", and this needs " +
                                   needed + "; the roles stand in --authorized-keys of the broker"};
}

// A client needs no admin for tasks that it may see, which are its own in most cases.
bool is_for_admins(const proto::Command& command) {
  return !std::holds_alternative<proto::SendSignal>(command.command) &&
         !std::holds_alternative<proto::ChangeTasks>(command.command) &&
         !std::holds_alternative<proto::RetryDeadLetter>(command.command) &&
         !std::holds_alternative<proto::RetryEdited>(command.command) &&
         !std::holds_alternative<proto::DropDeadLetter>(command.command);
}

}  // namespace

Status may_be(const Principal& principal, proto::Role role) {
  const Roles& roles = principal.roles;
  const bool has_role = role == proto::Role::worker ? roles.worker : roles.client || roles.admin;
  if (has_role && !principal.is_removed) return {};
  return refusal(principal, role == proto::Role::worker ? "worker" : "client or admin");
}

Status may_send(const Principal& principal, const proto::Message& message) {
  const bool enrols = std::holds_alternative<proto::Enrol>(message);
  if (!principal.invitation.empty()) {
    if (enrols && !principal.is_removed) return {};
    return {Errc::not_permitted,
            "this key is that of an invitation: take it with forkmill-worker --join or forkmill login"};
  }
  if (enrols) return {Errc::bad_request, "the key of this connection is not that of an invitation"};
  if (const auto* hello = std::get_if<proto::Hello>(&message)) return may_be(principal, hello->role);
  const auto* command = std::get_if<proto::Command>(&message);
  const bool needs_admin =
      (command != nullptr && is_for_admins(*command)) || std::holds_alternative<proto::Invite>(message);
  if (principal.is_removed || (needs_admin && !principal.roles.admin)) return refusal(principal, "admin");
  return {};
}

}  // namespace forkmill::broker
