// PostgresProxy: stands between a broker and its server, and cuts connections where a test wants it.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/os/descriptor.h"
#include "tests/folder.h"

namespace forkmill::test {

class PostgresProxy {
 public:
  enum class Cut {
    nowhere,
    before_commit,    // the server does not get the COMMIT
    after_commit,     // the client does not get the answer to it
    by_turns,         // one commit before, the next one after
    late,             // the client is cut off, and the server gets the COMMIT in deliver_late(); once
    pretend_pooling,  // nowhere, but another process id is shown than the server's, as poolers do
    pretend_old,      // nowhere, but the server says that it is PostgreSQL 14
  };

  explicit PostgresProxy(std::string server_folder) : server_{std::move(server_folder) + "/.s.PGSQL.5432"} {
    listener_ = proto::Descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un address = address_of(folder_.path(".s.PGSQL.5432"));
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 16) != 0)
      throw std::runtime_error{"the proxy cannot listen"};
    acceptor_ = std::jthread{[this](const std::stop_token& stop) { accept_all(stop); }};
  }
  ~PostgresProxy() {
    acceptor_ = {};
    for (auto& one : connections_) one.request_stop();
  }
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  // The next `times` commits are cut so, by_turns all of them.
  void cut(Cut where, int times = 1) {
    times_ = times;
    where_ = where;
  }
  int cuts() const { return cuts_; }
  // Gives the server the commit that was cut by Cut::late. Returns all that it answers.
  std::string deliver_late() {
    late_is_due_.set_value();
    return late_answer_.get_future().get();
  }
  std::string url() const { return "postgresql:///postgres?user=forkmill&host=" + folder_.path(); }

 private:
  static constexpr int kLook = 20;  // ms between looks at the stop token

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
  }

  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready{listener_.get(), POLLIN, 0};
      if (::poll(&ready, 1, kLook) <= 0) continue;
      const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      connections_.emplace_back(
          [this, client](const std::stop_token& stopped) { serve(proto::Descriptor{client}, stopped); });
    }
  }

  void serve(proto::Descriptor client, const std::stop_token& stop) {
    proto::Descriptor server{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un address = address_of(server_);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    bool ends_with_answer = false;
    while (!stop.stop_requested()) {
      pollfd both[2] = {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}};
      if (::poll(both, 2, kLook) <= 0) continue;
      std::string late;
      if (both[0].revents != 0 && !forward_question(client, server, ends_with_answer, late)) {
        client.reset();
        if (!late.empty()) hold_back(late, server, stop);
        return;
      }
      if (both[1].revents != 0 && (!forward_answer(server, client, ends_with_answer))) return;
    }
  }

  void hold_back(const std::string& bytes, const proto::Descriptor& server, const std::stop_token& stop) {
    const auto due = late_is_due_.get_future();
    while (due.wait_for(std::chrono::milliseconds{kLook}) != std::future_status::ready)
      if (stop.stop_requested()) return;
    std::string answer;
    if (write(server, bytes)) {
      ::shutdown(server.get(), SHUT_WR);
      for (std::string part; read(server, part);) answer += part;
    }
    late_answer_.set_value(answer);
  }

  // Both return false if the connection ends here.
  bool forward_question(const proto::Descriptor& from, const proto::Descriptor& to, bool& ends_with_answer,
                        std::string& late) {
    std::string bytes;
    if (!read(from, bytes)) return false;
    if (bytes.find("COMMIT") != std::string::npos) {
      const Cut cut = next_cut();
      if (cut == Cut::late) late = bytes;
      if (cut == Cut::before_commit || cut == Cut::late) return false;
      ends_with_answer = cut == Cut::after_commit;
    }
    return write(to, bytes);
  }
  bool forward_answer(const proto::Descriptor& from, const proto::Descriptor& to, bool ends_with_answer) {
    std::string bytes;
    if (!read(from, bytes)) return false;
    if (ends_with_answer && bytes.find("COMMIT") != std::string::npos) return false;
    const std::string_view key_data{"K\0\0\0\x0C", 5};
    const auto at = bytes.find(key_data);
    if (where_ == Cut::pretend_pooling && at != std::string::npos) bytes.at(at + 8) ^= 1;
    if (where_ == Cut::pretend_old) make_old(bytes);
    return write(to, bytes);
  }

  // The version is the first of nine values of a row, and has eight bytes.
  static void make_old(std::string& bytes) {
    const std::string_view before{"\0\x09\0\0\0\x08", 6};
    const std::string_view old{"\0\0\0\0\0\x02\x22\xEA", 8};  // 140010
    const auto at = bytes.find(before);
    if (at != std::string::npos) bytes.replace(at + before.size(), old.size(), old);
  }

  Cut next_cut() {
    const Cut where = where_;
    if (where == Cut::nowhere || where == Cut::pretend_pooling || where == Cut::pretend_old) return Cut::nowhere;
    if (where == Cut::by_turns) {
      // A commit that was cut is sent once more, and must come through then.
      const int turn = turn_++ % 4;
      if (turn % 2 == 1) return Cut::nowhere;
      ++cuts_;
      return turn == 0 ? Cut::before_commit : Cut::after_commit;
    }
    if (times_-- <= 0) return Cut::nowhere;
    ++cuts_;
    return where;
  }

  static bool read(const proto::Descriptor& from, std::string& bytes) {
    bytes.resize(256 * 1024);
    const auto got = ::recv(from.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }
  static bool write(const proto::Descriptor& to, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto sent = ::send(to.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      at += static_cast<std::size_t>(sent);
    }
    return true;
  }

  const std::string server_;
  tests::Folder folder_;
  proto::Descriptor listener_;
  std::atomic<Cut> where_{Cut::nowhere};
  std::atomic<int> times_{0};
  std::atomic<int> turn_{0};
  std::atomic<int> cuts_{0};
  std::promise<void> late_is_due_;
  std::promise<std::string> late_answer_;
  std::vector<std::jthread> connections_;  // used by the acceptor until it has ended
  std::jthread acceptor_;
};

}  // namespace forkmill::test
