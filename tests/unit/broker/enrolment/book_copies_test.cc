// Copies of invitations and keys: in a restored backup, and for a migration.
#include "broker/enrolment/book_copies.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "broker/enrolment/key_book.h"
#include "broker/store/store_error.h"
#include "tests/folder.h"
#include "tests/unit/broker/enrolment/kit.h"

namespace book_copies_test {

using namespace enrolment_kit;

namespace {

// A book with an enrolled key (2), an invitation that was not taken, and a revoked one.
KeyBook used_book() {
  KeyBook book;
  for (const std::uint8_t number : {1, 3, 4})
    REQUIRE(book.invite(invitation(number, "mail-" + std::to_string(number)), {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  REQUIRE(book.revoke("mail-4").size() == 1);
  return book;
}

KeyBook read(const std::string& text) { return KeyBook::parse(text, "book").value(); }

}  // namespace

TEST_CASE("a restored book accepts its keys again, and no invitation that may have been taken since") {
  const forkmill::tests::Folder folder;
  const RestoredBook restored = restore_book(used_book().text(), folder.path("enrolled_keys"));
  CHECK(restored.keys == 1);
  CHECK(restored.revoked == 1);
  CHECK_FALSE(restored.is_kept);
  const KeyBook book = read(folder.read("enrolled_keys"));
  CHECK(book.check(key(1), key(2), kNow).ok());
  CHECK(book.check(key(1), key(5), kNow).code() == Errc::invitation_spent);
  CHECK(book.check(key(3), key(5), kNow).code() == Errc::invitation_revoked);
  CHECK(book.check(key(4), key(5), kNow).code() == Errc::invitation_revoked);
  struct stat found {};
  REQUIRE(::stat(folder.path("enrolled_keys").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a restore that is repeated takes the book of the first attempt for its own") {
  const forkmill::tests::Folder folder;
  REQUIRE_FALSE(restore_book(used_book().text(), folder.path("enrolled_keys")).is_kept);
  const std::string text = folder.read("enrolled_keys");
  const RestoredBook again = restore_book(used_book().text(), folder.path("enrolled_keys"));
  CHECK_FALSE(again.is_kept);
  CHECK(again.keys == 1);
  CHECK(again.revoked == 1);
  CHECK(folder.read("enrolled_keys") == text);
}

TEST_CASE("a book that is there stays, as it knows what was revoked after the backup") {
  const forkmill::tests::Folder folder;
  KeyBook newer = used_book();
  REQUIRE(newer.revoke("mail-1").size() == 1);
  folder.write("enrolled_keys", newer.text());
  ::chmod(folder.path("enrolled_keys").c_str(), 0600);
  CHECK(restore_book(used_book().text(), folder.path("enrolled_keys")).is_kept);
  CHECK(folder.read("enrolled_keys") == newer.text());
}

TEST_CASE("a copy has the whole book, none is empty, and one without sense is named and not copied") {
  const forkmill::tests::Folder folder;
  CHECK(copied_book(folder.path("enrolled_keys")).empty());
  const std::string text = used_book().text();
  folder.write("enrolled_keys", text);
  ::chmod(folder.path("enrolled_keys").c_str(), 0600);
  CHECK(copied_book(folder.path("enrolled_keys")) == text);
  CHECK(enrolled_keys_in(text) == 1);
  folder.write("enrolled_keys", text + "nonsense\n");
  CHECK_THROWS_WITH_AS(copied_book(folder.path("enrolled_keys")), doctest::Contains("enrolled_keys:"), StoreError);
  CHECK_THROWS_AS(restore_book("nonsense\n", folder.path("other")), StoreError);
  CHECK_FALSE(folder.has("other"));
}

}  // namespace book_copies_test
