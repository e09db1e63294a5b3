// The note that a program is ready, from and to real sockets.
#include "proto/os/ready_note.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string>

namespace ready_note_test {

using forkmill::proto::kNotifyVariable;
using forkmill::proto::ReadyNotes;
using forkmill::proto::send_ready_note;

namespace {

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

// Sets the variable while this object lives.
struct Variable {
  explicit Variable(const std::string& value) { ::setenv(kNotifyVariable, value.c_str(), 1); }
  ~Variable() { ::unsetenv(kNotifyVariable); }
};

}  // namespace

TEST_CASE("a note goes to the socket that is named, and to no other") {
  const ReadyNotes notes;
  const ReadyNotes others;
  CHECK_FALSE(readable(notes.fd()));
  const Variable variable{notes.address()};
  send_ready_note();
  CHECK(readable(notes.fd()));
  CHECK_FALSE(readable(others.fd()));
  std::array<char, 64> text{};
  const auto length = ::recv(notes.fd(), text.data(), text.size(), 0);
  CHECK(std::string(text.data(), static_cast<std::size_t>(length)) == "READY=1\n");
}

TEST_CASE("a note without a reader is no error") {
  send_ready_note();
  for (const std::string& address : {std::string{}, std::string{"@nobody-listens-here"}, std::string{"/no/such/socket"},
                                     std::string{"@"}, std::string(500, 'x')}) {
    const Variable variable{address};
    send_ready_note();
  }
}

}  // namespace ready_note_test
