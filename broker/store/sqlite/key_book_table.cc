#include "broker/store/sqlite/key_book_table.h"

#include "broker/store/crc32c.h"

namespace forkmill::broker {

void write_key_book(Database& database, const std::string& text) {
  database.run("DELETE FROM key_book");
  if (text.empty()) return;
  Statement insert{database, "INSERT INTO key_book (id, content, checksum) VALUES (1, ?1, ?2)"};
  insert.bind_text(1, text).bind(2, std::uint64_t{crc32c(text)}).run();
}

std::string read_key_book(Database& database) {
  Statement select{database, "SELECT content, checksum FROM key_book"};
  if (!select.step()) return {};
  std::string text{select.bytes(0)};
  if (select.number(1) != std::int64_t{crc32c(text)})
    throw StoreError{database.path() + " is damaged: the checksum of its table key_book is wrong"};
  return text;
}

}  // namespace forkmill::broker
