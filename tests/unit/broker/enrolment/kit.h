// Keys, invitations and a store, for the tests of invitations.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "broker/enrolment/book_store.h"
#include "broker/enrolment/key_book.h"

namespace enrolment_kit {

using namespace forkmill;
using namespace forkmill::broker;

// Returns a key that differs for each number.
inline proto::Key key(std::uint8_t number) {
  proto::Key key;
  key.bytes.fill(number);
  return key;
}

inline constexpr milliseconds kNow{1'700'000'000'000};
inline constexpr milliseconds kHour = std::chrono::hours{1};

inline BookEntry invitation(std::uint8_t number, const std::string& principal = "mail",
                            const std::string& roles = "worker", const std::string& rights = "serve=mail.*") {
  return make_invitation(key(number), kNow + kHour, "bob", {principal, roles, rights}).value();
}

// SharedText: the text of a book, as the disk or the database has it.
struct SharedText {
  enum class Fault { none, before, after };  // the next change fails before, or after it has taken place
  std::string text;
  Fault fault = Fault::none;
  int written = 0;  // how often a text was made safe
};

class TextStore final : public BookStore {
 public:
  explicit TextStore(SharedText& shared) : shared_{shared} {}

  void read(const Take& take) override {
    if (seen_ == shared_.text) return;
    take(shared_.text);
    seen_ = shared_.text;
  }
  void change(const Edit& edit) override {
    const auto fault = std::exchange(shared_.fault, SharedText::Fault::none);
    if (fault == SharedText::Fault::before) throw std::runtime_error{"the disk is gone"};
    const auto edited = edit(shared_.text);
    if (edited) {
      shared_.text = *edited;
      shared_.written += fault == SharedText::Fault::none ? 1 : 0;
    }
    if (fault == SharedText::Fault::after) throw std::runtime_error{"the answer is lost"};
    if (edited) seen_ = edited;
  }
  std::string name() const override { return "text"; }

 private:
  SharedText& shared_;
  std::optional<std::string> seen_;  // the text that was read or written last
};

}  // namespace enrolment_kit
