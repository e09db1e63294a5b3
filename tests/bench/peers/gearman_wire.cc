#include "tests/bench/peers/gearman_wire.h"

#include <arpa/inet.h>

#include <cstring>
#include <stdexcept>

namespace forkmill::bench::gearman {

namespace {

constexpr std::size_t kHeader = 12;  // magic, type, size

void append_number(std::string& out, std::uint32_t number) {
  const std::uint32_t big = htonl(number);
  out.append(reinterpret_cast<const char*>(&big), sizeof big);
}

std::uint32_t number_at(std::string_view in, std::size_t at) {
  std::uint32_t big = 0;
  std::memcpy(&big, in.data() + at, sizeof big);
  return ntohl(big);
}

}  // namespace

std::string_view take_argument(std::string_view& body) {
  const auto end = body.find('\0');
  if (end == std::string_view::npos) throw std::runtime_error{"gearmand sent a packet with too few arguments"};
  const auto argument = body.substr(0, end);
  body.remove_prefix(end + 1);
  return argument;
}

void Connection::queue(Type type, std::string_view first, std::string_view second, std::string_view third) {
  const bool two = type == Type::work_complete || type == Type::submit_job;
  const bool three = type == Type::submit_job;
  auto& out = socket_.out();
  out.append("\0REQ", 4);
  append_number(out, static_cast<std::uint32_t>(type));
  append_number(out, static_cast<std::uint32_t>(first.size() + second.size() + third.size() + two + three));
  out.append(first);
  if (two) out.append(1, '\0').append(second);
  if (three) out.append(1, '\0').append(third);
}

std::optional<Packet> Connection::receive() {
  const auto in = socket_.in();
  if (in.size() < kHeader) return std::nullopt;
  const std::size_t size = number_at(in, 8);
  if (in.size() < kHeader + size) return std::nullopt;
  const Packet packet{static_cast<Type>(number_at(in, 4)), in.substr(kHeader, size)};
  socket_.consume(kHeader + size);
  if (packet.type == Type::error) socket_.fail(std::string{packet.body});
  return packet;
}

}  // namespace forkmill::bench::gearman
