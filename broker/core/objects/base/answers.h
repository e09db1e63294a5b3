// Answers to operations on named objects, as the kinds make them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proto/limits.h"
#include "proto/status.h"
#include "proto/wire/object_messages.h"

namespace forkmill::broker {

using Answer = proto::OperationAnswer;

// An answer of success. proto/wire/operands.h says what `a` and `b` mean for each verb.
inline Answer done(std::int64_t a = 0, std::int64_t b = 0, std::vector<proto::Payload> values = {}) {
  return {0, Errc::ok, {}, a, b, std::move(values)};
}

// An empty `text` stands for the sentence of the code.
inline Answer failed(Errc code, std::string text = {}, std::int64_t a = 0) {
  if (text.empty()) text = errc_text(code);
  return {0, code, std::move(text), a, 0, {}};
}
inline Answer failed(const proto::Failure& failure) { return failed(failure.code, failure.text); }
inline Answer bad_request(std::string text) { return failed(Errc::bad_request, std::move(text)); }
inline Answer wrong_verb() { return failed(Errc::wrong_verb); }

// Maximum of the bytes of all values in one object.
inline constexpr std::size_t kMaxObjectBytes = std::size_t{1} << 30;
// Maximum of the bytes of a list. A durable list is written as a whole.
constexpr std::size_t max_list_bytes(bool durable) { return durable ? std::size_t{16} << 20 : kMaxObjectBytes; }
inline Answer no_room(const char* kind) {
  return failed(Errc::object_full, std::string{"this "} + kind + " holds as many bytes as one may");
}

// Page: the values of one answer. One message should have no more, except that there is at least one entry.
struct Page {
  std::vector<proto::Payload> values;
  std::size_t entries = 0;
  std::size_t bytes = 0;

  // Counts one more entry of `more` bytes. Returns false if the page is full, and then does not count the entry.
  bool has_room(std::size_t more) {
    constexpr std::size_t kMaxEntries = 4096;
    if (entries > 0 && (entries == kMaxEntries || bytes + more > proto::limits::kBatchBytes * 4)) return false;
    ++entries;
    bytes += more;
    return true;
  }
};

}  // namespace forkmill::broker
