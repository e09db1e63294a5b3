// Copies of the key book: what a backup, a restore and a migration of a data directory take along of the invitations of
// its broker and of the keys that have come of them. Functions throw StoreError, with what to do.
#pragma once

#include <cstddef>
#include <string>

namespace forkmill::broker {

// Returns the text of the book in `file`, for a copy; empty: there is no book. Throws also if the text makes no sense.
std::string copied_book(const std::string& file);

// Returns the number of enrolled keys in the text of a book. REQUIRES: the text is that of copied_book().
std::size_t enrolled_keys_in(const std::string& text);

struct RestoredBook {
  std::size_t keys = 0;     // that the backup has
  std::size_t revoked = 0;  // invitations that were still to be taken
  bool is_kept = false;     // `file` had another book already, which stays as it is: it may be newer than the backup
};
// Makes `file` of the text in a backup. Invitations that were to be taken are revoked: they may have been taken since,
// and are good for one key only. Does the same when it is repeated after a restore that was interrupted.
RestoredBook restore_book(const std::string& text, const std::string& file);

}  // namespace forkmill::broker
