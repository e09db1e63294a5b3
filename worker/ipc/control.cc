#include "worker/ipc/control.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace forkmill::worker {

namespace {

union OneDescriptor {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

// Bytes between the fields hold old values of the stack, which must not leave this process.
void clear_gaps([[maybe_unused]] ControlFacts& facts) {
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(&facts);
#endif
}

}  // namespace

std::pair<Control, Control> Control::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error{errno, std::generic_category(), "socketpair"};
  }
  return {Control{proto::Descriptor{ends[0]}}, Control{proto::Descriptor{ends[1]}}};
}

void Control::send(ControlMessage message) {
  if (waiting_.empty() && send_now(message)) return;
  waiting_.push_back(std::move(message));
}

void Control::flush() {
  while (!waiting_.empty() && send_now(waiting_.front())) waiting_.pop_front();
}

bool Control::send_now(const ControlMessage& message) {
  ControlFacts facts = message.facts;
  clear_gaps(facts);
  const std::size_t length = std::min(message.output.size(), kMaxOutput);
  std::array<iovec, 2> parts{iovec{&facts, sizeof facts}, iovec{const_cast<char*>(message.output.data()), length}};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  OneDescriptor ancillary{};
  if (message.shared_area) {
    header.msg_control = ancillary.bytes.data();
    header.msg_controllen = ancillary.bytes.size();
    cmsghdr* note = CMSG_FIRSTHDR(&header);
    note->cmsg_level = SOL_SOCKET;
    note->cmsg_type = SCM_RIGHTS;
    note->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = message.shared_area.get();
    std::memcpy(CMSG_DATA(note), &fd, sizeof fd);
  }
  if (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL) >= 0) return true;
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return false;
  closed_ = true;
  return true;  // there is no reader any more
}

std::optional<ControlMessage> Control::receive() {
  ControlMessage message;
  std::array<char, kMaxOutput> text;
  std::array<iovec, 2> parts{iovec{&message.facts, sizeof message.facts}, iovec{text.data(), text.size()}};
  OneDescriptor ancillary{};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  header.msg_control = ancillary.bytes.data();
  header.msg_controllen = ancillary.bytes.size();
  const auto length = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (length < static_cast<ssize_t>(sizeof message.facts)) {
    closed_ = true;
    return std::nullopt;
  }
  message.output.assign(text.data(), static_cast<std::size_t>(length) - sizeof message.facts);
  if (const cmsghdr* note = CMSG_FIRSTHDR(&header); note != nullptr && note->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(note), sizeof fd);
    message.shared_area = proto::Descriptor{fd};
  }
  return message;
}

}  // namespace forkmill::worker
