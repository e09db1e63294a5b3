// KeyBook: the invitations of a broker, and the keys that have come of them. Pure, and as text:
//
//     # state   invitation  expires        key   by     principal     roles    rights
//     pending   8c1d…       1764500000000  -     bob    mail-workers  worker   serve=mail.*
//     enrolled  77a0…       1764500000000  03be… uid:0  alice         client
//     revoked   c05e…       1764500000000  -     bob    carol         client
//
// An invitation is known by its public key, and enrols one key at most: the first one that is presented before it
// expires. It stays in the book as long as the key that has come of it, so that it cannot be used again; without a key,
// for a week after it has expired, so that its bearer learns what has become of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/clock.h"
#include "proto/result.h"
#include "proto/transport/keys/authorized_keys.h"

namespace forkmill::broker {

using proto::milliseconds;

struct BookEntry {
  enum class State { pending, enrolled, revoked };
  State state = State::pending;
  proto::Key invitation;            // public key
  milliseconds expires{0};          // Unix time
  std::optional<proto::Key> key{};  // public key that was enrolled
  std::string by;                   // the principal that has made the invitation
  proto::Principal principal;
  std::string rights;  // as words of a file of authorized keys

  bool is_expired(milliseconds unix_time) const { return state == State::pending && unix_time >= expires; }
};

// GrantText: what an invitation gives, as words of a file of authorized keys.
struct GrantText {
  std::string principal;
  std::string roles;   // "worker,client"
  std::string rights;  // "serve=mail.* max-queued=100"; behind a #, there is a comment
};
// Returns a pending invitation. Fails, with what to write instead, if a word makes no sense.
proto::Result<BookEntry> make_invitation(const proto::Key& invitation, milliseconds expires, const std::string& by,
                                         const GrantText& grant);

class KeyBook {
 public:
  static constexpr milliseconds kKept = std::chrono::hours{7 * 24};  // after an invitation without a key has expired
  static constexpr std::size_t kMaxEntries = 4000;
  static constexpr std::size_t kMaxText = 1024 * 1024;

  // Fails, naming `source` and the line, if a line makes no sense.
  static proto::Result<KeyBook> parse(const std::string& text, const std::string& source);
  std::string text() const;

  const std::vector<BookEntry>& entries() const { return entries_; }
  const BookEntry* find(const proto::Key& invitation) const;

  // Adds an invitation. Forgets those whose time is long over. `authorized`: the keys that have come in other ways.
  // Fails if the principal has two keys or invitations already, or another one's roles or rights, or if there is no
  // room, also for the keys that may come of them. An operator that repeats an invitation, since it got no answer, is
  // told that it stands, with the time of before.
  proto::Status invite(BookEntry invitation, const proto::AuthorizedKeys& authorized, milliseconds unix_time);

  // Returns whether the invitation would enrol the key: fails with invitation_unknown, invitation_spent,
  // invitation_expired or invitation_revoked. A key that it has enrolled is enrolled again, at any time.
  proto::Status check(const proto::Key& invitation, const proto::Key& key, milliseconds unix_time) const;
  // Enrols the key. Fails as check() and invite() do.
  proto::Status enrol(const proto::Key& invitation, const proto::Key& key, const proto::AuthorizedKeys& authorized,
                      milliseconds unix_time);

  // Revokes the invitation with that id, or all of that principal, with the keys that have come of them. Returns them
  // as they were.
  std::vector<BookEntry> revoke(std::string_view id_or_principal);

  // Revokes the invitations that have no key. Returns how many there were.
  std::size_t revoke_pending();

  // Adds the enrolled keys to those that are authorized in other ways. A key that contradicts these is left out, and
  // its principal put into `conflicts`.
  proto::AuthorizedKeys merged_with(proto::AuthorizedKeys authorized, std::vector<std::string>& conflicts) const;

 private:
  BookEntry* entry_of(const proto::Key& invitation);
  void forget_old(milliseconds unix_time);
  // Adds the enrolled keys. Returns the principals of those that contradict the others.
  std::vector<std::string> add_enrolled(proto::KeyCollector& keys) const;

  std::vector<BookEntry> entries_;  // in the order in which they were made
};

}  // namespace forkmill::broker
