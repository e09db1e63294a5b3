// BookFile: a BookStore in a file of mode 0600. A change writes a new file and gives it the name of the old one;
// brokers that share the file wait for each other.
#pragma once

#include "broker/enrolment/book_store.h"

namespace forkmill::broker {

class BookFile final : public BookStore {
 public:
  // The file is made with the first change. Its folder must exist.
  explicit BookFile(std::string path) : path_{std::move(path)} {}

  // The text, which is empty if there is no file.
  std::string text() const;
  void read(const Take& take) override { take(text()); }
  void change(const Edit& edit) override;
  std::string name() const override { return path_; }

 private:
  const std::string path_;
};

}  // namespace forkmill::broker
