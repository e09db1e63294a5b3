#include "tests/bench/peers/beanstalk_wire.h"

#include <charconv>
#include <cstddef>
#include <string>

namespace forkmill::bench::beanstalk {

namespace {

constexpr std::string_view kEnd = "\r\n";

}  // namespace

void Connection::use(std::string_view tube) { socket_.out().append("use ").append(tube).append(kEnd); }

void Connection::watch_only(std::string_view tube) {
  socket_.out().append("watch ").append(tube).append("\r\nignore default\r\n");
}

// Priority 0, no delay, a minute to run.
void Connection::put(std::string_view body) {
  socket_.out().append("put 0 0 60 ").append(std::to_string(body.size())).append(kEnd).append(body).append(kEnd);
}

void Connection::reserve() { socket_.out() += "reserve\r\n"; }
void Connection::reserve_if_there() { socket_.out() += "reserve-with-timeout 0\r\n"; }
void Connection::remove(std::string_view id) { socket_.out().append("delete ").append(id).append(kEnd); }

std::optional<Answer> Connection::receive() {
  const auto in = socket_.in();
  const auto end = in.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = in.substr(0, end);
  std::size_t used = end + kEnd.size();
  Answer answer;
  if (line.starts_with("RESERVED ")) {
    const auto rest = line.substr(line.find(' ') + 1);
    const auto space = rest.find(' ');
    answer.kind = Answer::Kind::reserved;
    answer.id = rest.substr(0, space);
    std::size_t size = 0;
    std::from_chars(rest.data() + space + 1, rest.data() + rest.size(), size);
    if (in.size() < used + size + kEnd.size()) return std::nullopt;
    answer.body = in.substr(used, size);
    used += size + kEnd.size();
  } else if (line.starts_with("INSERTED ")) {
    answer.kind = Answer::Kind::inserted;
  } else if (line == "TIMED_OUT") {
    answer.kind = Answer::Kind::timed_out;
  } else if (line == "DELETED") {
    answer.kind = Answer::Kind::deleted;
  } else if (!line.starts_with("USING ") && !line.starts_with("WATCHING ")) {
    socket_.fail(std::string{line});
  }
  socket_.consume(used);
  return answer;
}

void Taker::ask() {
  if (open_ > 0) return;
  server_.reserve();
  for (int i = 1; i < most_; ++i) server_.reserve_if_there();
  open_ = most_;
}

}  // namespace forkmill::bench::beanstalk
