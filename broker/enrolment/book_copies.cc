#include "broker/enrolment/book_copies.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/enrolment/book_file.h"
#include "broker/enrolment/key_book.h"
#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

KeyBook sensible(const std::string& text, const std::string& source) {
  auto book = KeyBook::parse(text, source);
  if (!book.ok()) throw StoreError{book.failure().text};
  return std::move(book).value();
}

std::size_t keys_of(const KeyBook& book) {
  return static_cast<std::size_t>(std::ranges::count(book.entries(), BookEntry::State::enrolled, &BookEntry::state));
}

// Calls `work`, and throws StoreError for each error.
template <class Work>
void with_file(const Work& work) {
  try {
    work();
  } catch (const StoreError&) {
    throw;
  } catch (const std::exception& error) {
    throw StoreError{std::string{"the keys that have come of invitations: "} + error.what()};
  }
}

}  // namespace

std::string copied_book(const std::string& file) {
  std::string text;
  with_file([&] {
    text = BookFile{file}.text();
    static_cast<void>(sensible(text, file));
  });
  return text;
}

std::size_t enrolled_keys_in(const std::string& text) { return keys_of(sensible(text, "the key book")); }

RestoredBook restore_book(const std::string& text, const std::string& file) {
  KeyBook book = sensible(text, "the key book of the backup");
  RestoredBook restored{keys_of(book), book.revoke_pending()};
  with_file([&] {
    BookFile{file}.change([&](const std::string& before) -> std::optional<std::string> {
      const std::string fresh = book.text();
      restored.is_kept = !before.empty() && before != fresh;
      return restored.is_kept ? std::nullopt : std::optional{fresh};
    });
  });
  return restored;
}

}  // namespace forkmill::broker
