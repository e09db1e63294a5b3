#include "tests/bench/peers/redis_wire.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <utility>

namespace forkmill::bench::redis {

namespace {

constexpr std::string_view kEnd = "\r\n";

}  // namespace

void Connection::command(std::initializer_list<std::string_view> words) {
  auto& out = socket_.out();
  out.append("*").append(std::to_string(words.size())).append(kEnd);
  for (const auto word : words)
    out.append("$").append(std::to_string(word.size())).append(kEnd).append(word).append(kEnd);
}

std::optional<Reply> Connection::receive() {
  auto in = socket_.in();
  const auto before = in.size();
  Reply reply;
  if (!parse(in, reply)) return std::nullopt;
  socket_.consume(before - in.size());
  return reply;
}

Reply Connection::await() {
  for (;;) {
    if (auto reply = receive()) return std::move(*reply);
    socket_.exchange();
  }
}

// Removes one value from the front of `in`. False: not all of it is there.
bool Connection::parse(std::string_view& in, Reply& reply) {
  const auto end = in.find(kEnd);
  if (end == std::string_view::npos) return false;
  const char kind = in[0];
  const auto rest = in.substr(1, end - 1);
  in.remove_prefix(end + kEnd.size());
  if (kind == '-') socket_.fail(std::string{rest});
  if (kind == '+') {
    reply.strings.push_back(rest);
    return true;
  }
  std::int64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (kind == ':') {
    reply.number = number;
  } else if (kind == '*') {
    for (std::int64_t i = 0; i < number; ++i) {
      if (!parse(in, reply)) return false;
    }
  } else if (kind == '$' && number >= 0) {
    const auto size = static_cast<std::size_t>(number);
    if (in.size() < size + kEnd.size()) return false;
    reply.strings.push_back(in.substr(0, size));
    in.remove_prefix(size + kEnd.size());
  }
  return true;
}

}  // namespace forkmill::bench::redis
