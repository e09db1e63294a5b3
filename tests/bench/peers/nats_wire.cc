#include "tests/bench/peers/nats_wire.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>

namespace forkmill::bench::nats {

namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr int kAnswersSubscription = 0;

struct Words {
  std::array<std::string_view, 6> word;
  std::size_t count = 0;
};

Words split(std::string_view line) {
  Words words;
  while (!line.empty() && words.count < words.word.size()) {
    const auto end = line.find(' ');
    words.word[words.count++] = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return words;
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Connection::Connection(int port) : socket_{port, "nats-server"} {
  static int connections = 0;
  answers_ = "_INBOX.setup." + std::to_string(getpid()) + "." + std::to_string(++connections);
  socket_.out() += "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";
  subscribe(answers_, kAnswersSubscription);
  flush();
}

void Connection::subscribe(std::string_view subject, int subscription, std::string_view group) {
  auto& out = socket_.out();
  out.append("SUB ").append(subject).append(" ");
  if (!group.empty()) out.append(group).append(" ");
  out.append(std::to_string(subscription)).append(kEnd);
}

void Connection::flush() {
  socket_.out() += "PING\r\n";
  for (ready_ = false; !ready_;) {
    exchange();
    if (receive()) socket_.fail("a message before the connection is ready");
  }
}

void Connection::publish(std::string_view subject, std::string_view payload, std::string_view reply) {
  auto& out = socket_.out();
  out.append("PUB ").append(subject).append(" ");
  if (!reply.empty()) out.append(reply).append(" ");
  out.append(std::to_string(payload.size())).append(kEnd).append(payload).append(kEnd);
}

std::optional<Message> Connection::receive() {
  for (;;) {
    const auto in = socket_.in();
    const auto end = in.find(kEnd);
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = in.substr(0, end);
    if (line.starts_with("MSG ")) return message(line, false);
    if (line.starts_with("HMSG ")) return message(line, true);
    if (line.starts_with("-ERR")) socket_.fail(std::string{line});
    if (line == "PING") socket_.out() += "PONG\r\n";
    if (line == "PONG") ready_ = true;
    socket_.consume(end + kEnd.size());
  }
}

// MSG subject subscription [reply] bytes; HMSG subject subscription [reply] bytes-of-headers bytes-of-all
std::optional<Message> Connection::message(std::string_view line, bool with_headers) {
  const auto words = split(line);
  const std::size_t fixed = with_headers ? 5 : 4;
  if (words.count < fixed) socket_.fail("not a message: " + std::string{line});
  Message message;
  message.subject = words.word[1];
  message.subscription = static_cast<int>(number(words.word[2]));
  if (words.count > fixed) message.reply = words.word[3];
  const auto size = number(words.word[words.count - 1]);
  const auto headers = with_headers ? number(words.word[words.count - 2]) : 0;
  const auto begin = line.size() + kEnd.size();
  const auto in = socket_.in();
  if (in.size() < begin + size + kEnd.size()) return std::nullopt;
  message.headers = in.substr(begin, headers);
  message.payload = in.substr(begin + headers, size - headers);
  socket_.consume(begin + size + kEnd.size());
  return message;
}

std::string Connection::request(std::string_view subject, std::string_view payload) {
  publish(subject, payload, answers_);
  for (;;) {
    exchange();
    if (const auto answer = receive()) {
      if (!answer->headers.empty() || answer->payload.find("\"error\"") != std::string_view::npos)
        socket_.fail(std::string{subject} + ": " + std::string{answer->headers} + std::string{answer->payload});
      return std::string{answer->payload};
    }
  }
}

void Connection::expect_stored(const Message& answer) const {
  if (answer.payload.find("\"seq\"") == std::string_view::npos)
    socket_.fail("not stored: " + std::string{answer.headers} + std::string{answer.payload});
}

}  // namespace forkmill::bench::nats
