#include "broker/enrolment/registrar.h"

#include <algorithm>
#include <utility>

#include "broker/enrolment/granting.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::broker {

using proto::AuthorizedKeys;
using proto::Failure;
using proto::Principal;
using proto::Result;
using proto::Status;
using EntryState = BookEntry::State;
using Entries = std::vector<BookEntry>;

namespace {

constexpr std::size_t kMaxAskers = 64;      // that wait for the thread
constexpr std::size_t kMaxEnrolling = 32;   // invited peers among these: the other places are for operators
constexpr std::string_view kUser = "uid:";  // principals of this machine's users, who may grant all
constexpr milliseconds kMaxLifetime = std::chrono::hours{24 * 366};

std::string state_of(const BookEntry& entry, milliseconds unix_time) {
  switch (entry.state) {
    case EntryState::enrolled:
      return "enrolled";
    case EntryState::revoked:
      return "revoked";
    case EntryState::pending:
      break;
  }
  return entry.is_expired(unix_time) ? "expired" : "pending";
}

proto::InvitationRow row_of(const BookEntry& entry, milliseconds unix_time) {
  return {proto::invitation_id(entry.invitation),
          state_of(entry, unix_time),
          entry.principal.name,
          proto::format_roles(entry.principal.roles),
          entry.rights,
          entry.by,
          entry.expires,
          entry.key ? to_string(*entry.key) : ""};
}

// Returns the invitation that a question asks for.
Result<BookEntry> asked_entry(const proto::Invite& question, const std::string& by, milliseconds unix_time) {
  const auto refusal = [](const char* text) { return Failure{Errc::option_out_of_range, text}; };
  const auto key = proto::parse_key(question.key);
  if (!key) return refusal("the key of an invitation must have 64 hexadecimal digits");
  if (question.lifetime.count() <= 0 || question.lifetime > kMaxLifetime)
    return refusal("an invitation must expire in time: from 1ms to 366 days");
  return make_invitation(*key, unix_time + question.lifetime, by,
                         {question.principal, question.roles, question.rights});
}

proto::Message invited(const Registrar::Office& office, std::uint64_t nonce, const Result<Entries>& result,
                       milliseconds unix_time) {
  proto::Invited invited{nonce, result.code()};
  invited.broker = to_string(office.broker);
  invited.endpoints = office.endpoints;
  if (!result.ok()) {
    invited.text = result.failure().text;
    return invited;
  }
  for (const BookEntry& entry : result.value()) invited.rows.push_back(row_of(entry, unix_time));
  return invited;
}

proto::Message enrolled(std::uint64_t nonce, const Result<Entries>& result) {
  proto::Enrolled enrolled{nonce, result.code()};
  if (!result.ok()) {
    enrolled.text = result.failure().text;
    return enrolled;
  }
  const BookEntry& entry = result.value().front();
  enrolled.principal = entry.principal.name;
  enrolled.roles = proto::format_roles(entry.principal.roles);
  return enrolled;
}

std::vector<std::string> ids_of(const Entries& entries) {
  std::vector<std::string> ids;
  for (const BookEntry& entry : entries) ids.push_back(proto::invitation_id(entry.invitation));
  return ids;
}

// Whether the operator that has made the invitation may still grant it.
Status check_inviter(const BookEntry& entry, const AuthorizedKeys& authorized, const KeyBook& book) {
  if (entry.by.starts_with(kUser)) return {};
  const auto may = [&](const Principal& one) { return one.name == entry.by && may_grant(one, entry.principal).ok(); };
  if (std::ranges::any_of(authorized, [&](const auto& one) { return may(one.second); })) return {};
  if (std::ranges::any_of(book.entries(), [&](const BookEntry& one) { return one.key && may(one.principal); }))
    return {};
  return {Errc::invitation_revoked,
          entry.by + ", who has made this invitation, may not grant it any more; ask an operator for another one"};
}

}  // namespace

Registrar::Registrar(std::unique_ptr<BookStore> store, milliseconds poll, proto::Key broker, Note note,
                     std::shared_ptr<spdlog::logger> log)
    : office_{broker, {}}, note_{std::move(note)}, log_{std::move(log)}, thread_{std::move(store), poll} {
  auto news = thread_.take();
  if (!news.trouble.empty()) log_->error("keys that have come of invitations cannot be read: {}", news.trouble);
  if (news.book) book_ = std::move(*news.book);
}

void Registrar::set_authorized(AuthorizedKeys authorized) {
  authorized_ = std::make_shared<const AuthorizedKeys>(std::move(authorized));
}

AuthorizedKeys Registrar::keys() const {
  std::vector<std::string> conflicts;
  AuthorizedKeys keys = book_.merged_with(*authorized_, conflicts);
  for (const std::string& name : conflicts)
    log_->error(
        "a key of {} has come of an invitation and contradicts --authorized-keys: it is not accepted; revoke "
        "it (forkmill invite revoke {})",
        name, name);
  return keys;
}

std::set<proto::Key> Registrar::invitations() const {
  std::set<proto::Key> keys;
  for (const BookEntry& entry : book_.entries()) keys.insert(entry.invitation);
  return keys;
}

void Registrar::handle(proto::PeerId peer, const Principal& by, const proto::Invite& question, proto::Now now,
                       const Send& send) {
  if (question.verb == proto::InviteVerb::make) return make(peer, by, question, now, send);
  if (question.verb == proto::InviteVerb::list)
    return send(peer, invited(office_, question.nonce, book_.entries(), now.unix_time));
  Asker asker{peer, question.nonce, AuditLine{now.unix_time, "invitation_revoked"}, false};
  asker.line.add("principal", by.name).add("which", question.which);
  const auto status = ask(std::move(asker), [which = question.which](KeyBook& book) -> Result<Entries> {
    auto revoked = book.revoke(which);
    if (!revoked.empty()) return revoked;
    return Failure{Errc::invitation_unknown, "no invitation, and no key of one, has the id or the principal '" + which +
                                                 "', or it was revoked before; see forkmill invite ls"};
  });
  if (!status.ok()) send(peer, invited(office_, question.nonce, status.failure(), now.unix_time));
}

void Registrar::make(proto::PeerId peer, const Principal& by, const proto::Invite& question, proto::Now now,
                     const Send& send) {
  Asker asker{peer, question.nonce, AuditLine{now.unix_time, "invitation_made"}, false};
  asker.line.add("principal", by.name);
  const auto entry = asked_entry(question, by.name, now.unix_time);
  if (entry.ok()) asker.line.add("invitation", proto::invitation_id(entry->invitation));
  asker.line.add("invited", question.principal)
      .add("roles", question.roles)
      .add("rights", question.rights)
      .add("lifetime_ms", question.lifetime.count());
  auto status = entry.ok() ? may_grant(by, entry->principal) : Status{entry.failure()};
  if (status.ok())
    status = ask(
        asker, [made = entry.value(), authorized = authorized_, at = now.unix_time](KeyBook& book) -> Result<Entries> {
          if (auto refused = book.invite(made, *authorized, at); !refused.ok()) return refused.failure();
          return Entries{*book.find(made.invitation)};
        });
  if (!status.ok()) answer(asker, status.failure(), now, send);
}

void Registrar::handle(proto::PeerId peer, const Principal& by, const proto::Enrol& question, proto::Now now,
                       const Send& send) {
  const auto invitation = proto::parse_key(by.invitation);
  const auto key = proto::parse_key(question.key);
  Asker asker{peer, question.nonce, AuditLine{now.unix_time, "enrolment"}, true};
  const auto finish = [&](const Result<Entries>& result) { answer(asker, result, now, send); };
  if (!invitation) return finish(Failure{Errc::bad_request, "the key of this connection is no invitation"});
  asker.line.add("invitation", proto::invitation_id(*invitation)).add("key", question.key).add("host", question.host);
  if (!key) return finish(Failure{Errc::option_out_of_range, "the key to enrol must have 64 hexadecimal digits"});
  if (auto status = book_.check(*invitation, *key, now.unix_time); !status.ok()) return finish(status.failure());
  const BookEntry& entry = *book_.find(*invitation);
  // A repeated question of a machine that got no answer: its key may be in a book that is not safe yet.
  const bool is_enrolled = entry.key == key;
  if (is_enrolled && is_safe_) return finish(Entries{entry});
  if (!is_enrolled)
    if (auto status = check_inviter(entry, *authorized_, book_); !status.ok()) return finish(status.failure());
  const auto status = ask(asker,
                          [own = *key, invitation = *invitation, authorized = authorized_,
                           at = now.unix_time](KeyBook& book) -> Result<Entries> {
                            if (auto refused = book.enrol(invitation, own, *authorized, at); !refused.ok())
                              return refused.failure();
                            return Entries{*book.find(invitation)};
                          });
  if (!status.ok()) finish(status.failure());
}

Status Registrar::ask(Asker asker, decltype(BookChange::make) change) {
  const auto enrolling = std::ranges::count_if(askers_, [](const auto& one) { return one.second.enrols; });
  if (askers_.size() >= kMaxAskers || (asker.enrols && std::cmp_greater_equal(enrolling, kMaxEnrolling)))
    return {Errc::too_many_waiting, "too many invitations are being changed; try again"};
  const bool is_of_operator = !asker.enrols;  // who repeats a command that may have been carried out before
  askers_.emplace(++last_ticket_, std::move(asker));
  thread_.ask({last_ticket_, std::move(change), is_of_operator});
  return {};
}

void Registrar::take_news(proto::Now now, const std::function<void()>& apply, const Send& send) {
  BookThread::News news = thread_.take();
  if (!news.trouble.empty())
    log_->error("keys that have come of invitations cannot be read: {}; those of before stay", news.trouble);
  if (news.book) {
    book_ = std::move(*news.book);
    is_safe_ = news.is_safe;
    apply();
  }
  for (const BookThread::Answer& one : news.answers) {
    const auto asker = askers_.find(one.ticket);
    answer(asker->second, one.result, now, send);
    askers_.erase(asker);
  }
}

void Registrar::answer(const Asker& asker, const Result<Entries>& result, proto::Now now, const Send& send) {
  AuditLine line = asker.line;
  line.add("outcome", result.ok() ? "ok" : errc_name(result.code()));
  if (!result.ok()) line.add("text", result.failure().text);
  if (result.ok() && asker.enrols) {
    const BookEntry& entry = result.value().front();
    line.add("principal", entry.principal.name)
        .add("roles", proto::format_roles(entry.principal.roles))
        .add("by", entry.by);
    log_->info("enrolled a key of {}, invited by {}", entry.principal.name, entry.by);
  } else if (result.ok()) {
    line.add("invitations", ids_of(result.value()));
  } else if (asker.enrols && refusals_.allows(now.steady)) {
    log_->warn("did not enrol a key: {}{}", result.failure().text, refusals_.take_omitted());
  }
  if (result.ok() || audited_refusals_.allows(now.steady)) {
    if (const auto omitted = audited_refusals_.drain_omitted(); omitted > 0) line.add("omitted_before", omitted);
    note_(line);
  }
  send(asker.peer, asker.enrols ? enrolled(asker.nonce, result) : invited(office_, asker.nonce, result, now.unix_time));
}

}  // namespace forkmill::broker
