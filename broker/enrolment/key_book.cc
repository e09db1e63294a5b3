#include "broker/enrolment/key_book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "proto/transport/keys/invitation.h"
#include "proto/transport/keys/word_lines.h"

namespace forkmill::broker {

using proto::AuthorizedKeys;
using proto::Failure;
using proto::Key;
using proto::KeyCollector;
using proto::Result;
using proto::Status;
using EntryState = BookEntry::State;

namespace {

constexpr const char* kHead =
    "# Invitations and the keys that have come of them, as forkmill-broker keeps them: see `forkmill invite ls`.\n"
    "# state invitation expires key by principal roles rights\n";
constexpr std::array<std::string_view, 3> kStates{"pending", "enrolled", "revoked"};
constexpr const char* kNoKey = "-";

enum Word : std::size_t { kState, kInvitation, kExpires, kKey, kBy, kPrincipal, kRoles, kRights };

Failure mistake(std::string text) { return {Errc::option_out_of_range, std::move(text)}; }

std::optional<EntryState> parse_state(std::string_view text) {
  const auto found = std::ranges::find(kStates, text);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<EntryState>(found - kStates.begin());
}

std::optional<milliseconds> parse_time(const std::string& text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return milliseconds{count};
}

Result<BookEntry> parse_entry(const std::vector<std::string>& words) {
  if (words.size() < kRights) return mistake("write STATE INVITATION EXPIRES KEY BY PRINCIPAL ROLES RIGHTS");
  const auto state = parse_state(words[kState]);
  const auto invitation = proto::parse_key(words[kInvitation]);
  const auto expires = parse_time(words[kExpires]);
  const auto key = proto::parse_key(words[kKey]);
  if (!state || !invitation || !expires) return mistake("the state, the invitation or its time makes no sense");
  if (!key && words[kKey] != kNoKey) return mistake("the key must have 64 hexadecimal digits");
  if (key.has_value() != (*state == EntryState::enrolled))
    return mistake("an enrolled invitation has a key, others have none");
  std::string rights;
  for (std::size_t i = kRights; i < words.size(); ++i) rights += words[i] + " ";
  auto entry = make_invitation(*invitation, *expires, words[kBy], {words[kPrincipal], words[kRoles], rights});
  if (!entry.ok()) return entry;
  entry->state = *state;
  entry->key = key;
  return entry;
}

std::string line_of(const BookEntry& entry) {
  std::string line{kStates[static_cast<std::size_t>(entry.state)]};
  for (const std::string& word :
       {to_string(entry.invitation), std::to_string(entry.expires.count()), entry.key ? to_string(*entry.key) : kNoKey,
        entry.by, entry.principal.name, proto::format_roles(entry.principal.roles), entry.rights})
    if (!word.empty()) line += " " + word;
  return line + "\n";
}

// Returns how much longer the text gets if all pending invitations are taken: a key has 64 digits in the place of a
// hyphen, and the name of the state has one letter more.
std::size_t growth(const std::vector<BookEntry>& entries) {
  constexpr std::size_t kOfEach = 64;
  return kOfEach * static_cast<std::size_t>(std::ranges::count(entries, EntryState::pending, &BookEntry::state));
}

bool is_same_offer(const BookEntry& one, const BookEntry& other) {
  return one.by == other.by && one.principal.name == other.principal.name &&
         one.principal.roles == other.principal.roles && one.principal.rights == other.principal.rights;
}

std::string about(const Key& invitation) { return "this invitation (" + proto::invitation_id(invitation) + ")"; }

}  // namespace

Result<BookEntry> make_invitation(const Key& invitation, milliseconds expires, const std::string& by,
                                  const GrantText& grant) {
  const auto words = proto::words_of(grant.rights);
  auto principal = proto::parse_principal(grant.principal, grant.roles, words);
  if (!principal.ok()) return principal.failure();
  BookEntry entry{EntryState::pending, invitation, expires, {}, by, std::move(principal).value(), {}};
  for (const std::string& right : words) entry.rights += (entry.rights.empty() ? "" : " ") + right;
  return entry;
}

Result<KeyBook> KeyBook::parse(const std::string& text, const std::string& source) {
  KeyBook book;
  std::set<Key> invitations;
  auto status = proto::read_word_lines(text, source, [&](const auto& words) -> Status {
    auto entry = parse_entry(words);
    if (!entry.ok()) return entry.failure();
    if (!invitations.insert(entry->invitation).second) return mistake("this invitation is already on an earlier line");
    book.entries_.push_back(std::move(entry).value());
    return {};
  });
  if (!status.ok()) return std::move(status).failure();
  return book;
}

std::string KeyBook::text() const {
  std::string text = kHead;
  for (const BookEntry& entry : entries_) text += line_of(entry);
  return text;
}

const BookEntry* KeyBook::find(const Key& invitation) const {
  const auto found = std::ranges::find(entries_, invitation, &BookEntry::invitation);
  return found == entries_.end() ? nullptr : &*found;
}

BookEntry* KeyBook::entry_of(const Key& invitation) { return const_cast<BookEntry*>(find(invitation)); }

void KeyBook::forget_old(milliseconds unix_time) {
  std::erase_if(entries_, [&](const BookEntry& entry) {
    return entry.state != EntryState::enrolled && unix_time >= entry.expires + kKept;
  });
}

Status KeyBook::invite(BookEntry invitation, const AuthorizedKeys& authorized, milliseconds unix_time) {
  forget_old(unix_time);
  if (const BookEntry* known = find(invitation.invitation)) {
    if (known->state == EntryState::pending && is_same_offer(*known, invitation)) return {};
    return mistake("this invitation exists already; make another one");
  }
  if (entries_.size() >= kMaxEntries)
    return mistake("the broker has " + std::to_string(kMaxEntries) +
                   " invitations and keys of them: revoke some that are not used any more (forkmill invite ls)");
  KeyCollector keys{authorized};
  add_enrolled(keys);
  // Invitations that may still be taken count as the keys that will come of them.
  for (const BookEntry& other : entries_)
    if (other.state == EntryState::pending && !other.is_expired(unix_time))
      static_cast<void>(keys.add(other.invitation, other.principal));
  if (auto status = keys.add(invitation.invitation, invitation.principal); !status.ok()) return status;
  entries_.push_back(std::move(invitation));
  if (text().size() + growth(entries_) <= kMaxText) return {};
  entries_.pop_back();
  return mistake("there is no room for further invitations: revoke some that are not used any more");
}

Status KeyBook::check(const Key& invitation, const Key& key, milliseconds unix_time) const {
  const BookEntry* entry = find(invitation);
  if (entry == nullptr) return {Errc::invitation_unknown, about(invitation) + " is not known to the broker"};
  switch (entry->state) {
    case EntryState::revoked:
      return {Errc::invitation_revoked, about(invitation) + " was revoked; ask the operator for another one"};
    case EntryState::enrolled:
      if (entry->key == key) return {};
      return {Errc::invitation_spent,
              about(invitation) + " is spent: another machine or user has taken it; if it was not to be so, have it " +
                  "revoked (forkmill invite revoke), and ask for another one"};
    case EntryState::pending:
      break;
  }
  if (!entry->is_expired(unix_time)) return {};
  return {Errc::invitation_expired,
          about(invitation) + " has expired; ask the operator for another one (forkmill invite --expires)"};
}

Status KeyBook::enrol(const Key& invitation, const Key& key, const AuthorizedKeys& authorized, milliseconds unix_time) {
  if (auto status = check(invitation, key, unix_time); !status.ok()) return status;
  BookEntry& entry = *entry_of(invitation);
  if (entry.state == EntryState::enrolled) return {};
  KeyCollector keys{authorized};
  add_enrolled(keys);
  if (find(key) != nullptr) return mistake("the key of an invitation cannot be enrolled itself");
  if (auto status = keys.add(key, entry.principal); !status.ok()) return status;
  entry.state = EntryState::enrolled;
  entry.key = key;
  return {};
}

std::vector<BookEntry> KeyBook::revoke(std::string_view id_or_principal) {
  std::vector<BookEntry> revoked;
  for (BookEntry& entry : entries_) {
    const bool is_meant =
        proto::invitation_id(entry.invitation) == id_or_principal || entry.principal.name == id_or_principal;
    if (!is_meant || entry.state == EntryState::revoked) continue;
    revoked.push_back(entry);
    entry.state = EntryState::revoked;
    entry.key.reset();
  }
  return revoked;
}

std::size_t KeyBook::revoke_pending() {
  std::size_t revoked = 0;
  for (BookEntry& entry : entries_) {
    if (entry.state != EntryState::pending) continue;
    entry.state = EntryState::revoked;
    ++revoked;
  }
  return revoked;
}

std::vector<std::string> KeyBook::add_enrolled(KeyCollector& keys) const {
  std::vector<std::string> conflicts;
  for (const BookEntry& entry : entries_)
    if (entry.key && !keys.add(*entry.key, entry.principal).ok()) conflicts.push_back(entry.principal.name);
  return conflicts;
}

AuthorizedKeys KeyBook::merged_with(AuthorizedKeys authorized, std::vector<std::string>& conflicts) const {
  KeyCollector keys{std::move(authorized)};
  conflicts = add_enrolled(keys);
  return std::move(keys).take();
}

}  // namespace forkmill::broker
