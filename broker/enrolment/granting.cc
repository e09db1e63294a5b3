#include "broker/enrolment/granting.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "proto/transport/keys/authorized_keys.h"
#include "proto/transport/keys/quota_words.h"

namespace forkmill::broker {

using proto::Patterns;
using proto::Principal;
using proto::Quotas;
using proto::Rights;
using proto::Status;

namespace {

// Returns whether each name that `inner` matches is one that `outer` matches.
bool covers(std::string_view outer, std::string_view inner) {
  if (!outer.ends_with('*')) return outer == inner;
  return inner.starts_with(outer.substr(0, outer.size() - 1));
}

bool covers(const Patterns& outer, const Patterns& inner) {
  if (outer.empty()) return true;
  return !inner.empty() && std::ranges::all_of(inner, [&](const std::string& one) {
    return std::ranges::any_of(outer, [&](const std::string& other) { return covers(other, one); });
  });
}

struct NamedPatterns {
  std::string_view name;
  Patterns Rights::*patterns;
};
constexpr std::array kOfClients{NamedPatterns{"submit", &Rights::submit},
                                NamedPatterns{"submit-names", &Rights::submit_names},
                                NamedPatterns{"objects", &Rights::objects}};
constexpr std::array kOfWorkers{NamedPatterns{"serve", &Rights::serve},
                                NamedPatterns{"serve-names", &Rights::serve_names}};

Status beyond(std::string_view name, std::string_view own) {
  return {Errc::right_missing, "you may grant at most " + std::string{name} + "=" + std::string{own} +
                                   ", as your own key has it: give the invitation that or less"};
}

Status check_patterns(const NamedPatterns& kind, const Rights& own, const Rights& granted) {
  const Patterns& outer = own.*kind.patterns;
  if (covers(outer, granted.*kind.patterns)) return {};
  std::string text;
  for (const std::string& pattern : outer) text += (text.empty() ? "" : ",") + pattern;
  return beyond(kind.name, text);
}

Status check_client(const Rights& own, const Rights& granted) {
  for (const NamedPatterns& kind : kOfClients)
    if (auto status = check_patterns(kind, own, granted); !status.ok()) return status;
  if (granted.max_priority > own.max_priority) return beyond("max-priority", std::to_string(own.max_priority));
  for (const proto::QuotaWord& kind : proto::kQuotaWords)
    if (granted.quotas.*kind.quota > own.quotas.*kind.quota)
      return beyond(kind.name, std::to_string(own.quotas.*kind.quota));
  return {};
}

}  // namespace

Status may_grant(const Principal& inviter, const Principal& granted) {
  if (!inviter.roles.admin || inviter.is_removed)
    return {Errc::not_permitted, inviter.name + " may not invite: that needs the role admin"};
  if (granted.roles.worker && !inviter.roles.worker)
    return {Errc::not_permitted, inviter.name + " has the roles " + proto::format_roles(inviter.roles) +
                                     ", and may not grant the role worker, which it does not have"};
  if (granted.roles.worker)
    for (const NamedPatterns& kind : kOfWorkers)
      if (auto status = check_patterns(kind, inviter.rights, granted.rights); !status.ok()) return status;
  return granted.roles.client || granted.roles.admin ? check_client(inviter.rights, granted.rights) : Status{};
}

}  // namespace forkmill::broker
