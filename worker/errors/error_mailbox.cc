#include "worker/errors/error_mailbox.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "worker/errors/packed_error.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kMaxPackedError = 128 * 1024;

}  // namespace

ErrorMailbox::ErrorMailbox() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    throw std::system_error{errno, std::generic_category(), "socketpair"};
  reader_ = proto::Descriptor{ends[0]};
  writer_ = proto::Descriptor{ends[1]};
}

void ErrorMailbox::post(const HandlerError& error) {
  std::string bytes;
  pack_error(bytes, error);
  [[maybe_unused]] const auto sent = ::send(writer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::optional<HandlerError> ErrorMailbox::read() {
  std::string bytes(kMaxPackedError, '\0');
  const auto size = ::recv(reader_.get(), bytes.data(), bytes.size(), 0);
  if (size <= 0) return std::nullopt;
  return unpack_error({bytes.data(), static_cast<std::size_t>(size)});
}

}  // namespace forkmill::worker
