#include <array>
#include <cstring>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::pipe_test {

TEST_CASE("a duplex pipe keeps messages whole and in order both ways, empty ones too") {
  Rig rig;
  auto [here, there] = pipe<std::string>(true, rig.a);
  here.send("one");
  here.send("");
  here.send("three");
  CHECK(there.recv() == "one");
  CHECK(there.recv().empty());
  CHECK(there.recv() == "three");
  there.send("back");
  CHECK(here.recv(1s) == "back");
  CHECK_THROWS_AS(here.recv(20ms), Timeout);
  here.send_bytes("");
  CHECK(there.recv_bytes(1s).empty());
}

TEST_CASE("poll never consumes, and waits when asked to") {
  Rig rig;
  auto [here, there] = pipe<int>(true, rig.a);
  CHECK_FALSE(there.poll());
  const auto start = now();
  CHECK_FALSE(there.poll(100ms));
  CHECK(now() - start >= 100ms);
  here.send(1);
  CHECK(there.poll());
  CHECK(there.poll(1s));
  CHECK(there.recv() == 1);
  CHECK_FALSE(there.poll());
}

TEST_CASE("messages of 16 MB and more arrive unchanged") {
  Rig rig;
  auto [here, there] = pipe<std::string>(true, rig.a);
  std::string large(16 * 1024 * 1024 + 5, 'x');
  large[12345] = '\0';
  here.send_bytes(large);
  CHECK(there.recv_bytes() == large);
}

TEST_CASE("after the other end is closed, unread messages come first, then the end, and poll returns true") {
  Rig rig;
  auto ends = pipe<int>(true, rig.a);
  auto& here = ends.first;
  auto& there = ends.second;
  here.send(1);
  here.close();
  here.close();
  CHECK(there.recv() == 1);
  CHECK(there.poll());
  CHECK_THROWS_AS(there.recv(), EndOfStream);
  CHECK_THROWS_AS(there.send(2), EndOfStream);
  CHECK(code_of([&] { here.send(1); }) == Errc::object_closed);
  CHECK(code_of([&] { here.recv(); }) == Errc::object_closed);
}

TEST_CASE("a waiting reader is told of the end") {
  Rig rig;
  auto [here, there] = pipe<int>(true, rig.a);
  std::thread reader{[&, end = std::move(there)]() mutable { CHECK_THROWS_AS(end.recv(), EndOfStream); }};
  here = {};  // the last copy closes it
  reader.join();
}

TEST_CASE("in a one-way pipe the first end receives and the second sends") {
  Rig rig;
  auto ends = pipe<int>(false, rig.a);
  auto& reader = ends.first;
  auto& writer = ends.second;
  CHECK(reader.readable());
  CHECK_FALSE(reader.writable());
  CHECK(writer.writable());
  writer.send(3);
  CHECK(reader.recv() == 3);
  CHECK(code_of([&] { reader.send(1); }) == Errc::wrong_direction);
  CHECK(code_of([&] { writer.recv(); }) == Errc::wrong_direction);
}

TEST_CASE("recv_bytes_into fills a buffer; a buffer that is too small is an error that carries the message") {
  Rig rig;
  auto [here, there] = pipe<std::string>(true, rig.a);
  std::array<std::byte, 8> buffer{};
  here.send_bytes("12345678");
  CHECK(there.recv_bytes_into(buffer) == 8);
  CHECK(std::memcmp(buffer.data(), "12345678", 8) == 0);
  here.send_bytes("123456789");
  here.send_bytes("next");
  try {
    there.recv_bytes_into(buffer);
    FAIL("it fitted");
  } catch (const BufferTooSmall& error) {
    CHECK(error.message() == "123456789");
  }
  CHECK(there.recv_bytes() == "next");
}

TEST_CASE("an end in a message stays open on its way and has one receiver") {
  Rig rig;
  Queue<Connection<int>> post{"post", 0, rig.a};
  auto [here, there] = pipe<int>(true, rig.a);
  post.put(there);
  there.close();
  CHECK_FALSE(here.poll());  // not the end yet
  {
    auto theirs = Queue<Connection<int>>{"post", 0, rig.b}.get();
    theirs.send(5);
    CHECK(here.recv(10s) == 5);
    here.send(6);
    CHECK(theirs.recv(10s) == 6);
  }
  CHECK_THROWS_AS(here.recv(10s), EndOfStream);

  auto [mine, lent] = pipe<int>(true, rig.a);
  const auto packed = pack_value(lent);
  const detail::ClientScope scope{ObjectOptions{rig.b}.engine().get()};
  const auto first = unpack_value<Connection<int>>(packed);
  CHECK(code_of([&] { unpack_value<Connection<int>>(packed); }) == Errc::object_closed);
}

TEST_CASE("a sender waits while much data is unread") {
  Rig rig;
  auto [here, there] = pipe<std::string>(true, rig.a);
  const std::string message(700'000, 'x');
  here.send(message);
  CHECK_THROWS_AS(here.send(message, 20ms), Full);
  CHECK(there.recv() == message);
  here.send(message, 10s);
  CHECK(there.recv() == message);
}

TEST_CASE("both ends send and receive at once, from two threads each, without waiting for each other") {
  Rig rig;
  auto [here, there] = pipe<std::string>(true, rig.a);
  auto theirs = rig.at_b(there);
  constexpr int kMessages = 40;
  const auto send_all = [](Connection<std::string> end) {
    for (int i = 0; i < kMessages; ++i) end.send(std::string(100'000, static_cast<char>('a' + i % 26)), 60s);
  };
  const auto receive_all = [](Connection<std::string> end) {
    for (int i = 0; i < kMessages; ++i) CHECK(end.recv(60s).front() == 'a' + i % 26);
  };
  std::thread echo{[&] {
    for (int i = 0; i < kMessages; ++i) theirs.send(theirs.recv(60s), 60s);
  }};
  std::thread sender{send_all, here};
  receive_all(here);
  sender.join();
  echo.join();
  std::vector<std::thread> all;
  for (const auto& end : {here, theirs}) {
    all.emplace_back(send_all, end);
    all.emplace_back(receive_all, end);
  }
  for (auto& one : all) one.join();
}

TEST_CASE("a pipe is removed with its last end") {
  Rig rig;
  const auto objects = [&] { return rig.b.query(QueryKind::objects).get().bytes; };
  const auto none = objects();
  {
    auto [here, there] = pipe<int>(true, rig.a);
    here.send(1);
    CHECK(objects() != none);
  }
  CHECK(eventually([&] { return objects() == none; }));
}

}  // namespace forkmill::tests::pipe_test
