#include "worker/os/child_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <thread>

#include "proto/os/descriptor.h"

namespace child_output_test {

using namespace forkmill::worker;
namespace proto = forkmill::proto;

namespace {

struct Stream {
  Stream() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0);
    reader = proto::Descriptor{ends[0]};
    writer = proto::Descriptor{ends[1]};
  }
  std::string take() {
    std::array<char, 65536> bytes;
    const auto length = ::read(reader.get(), bytes.data(), bytes.size());
    return {bytes.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
  }
  proto::Descriptor reader, writer;
};

void write_all(const proto::Descriptor& to, const std::string& text) {
  REQUIRE(::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("lines of children are not torn apart") {
  Stream target;
  OutputSink sink{target.writer.get()};
  OutputTail tail;
  proto::Descriptor first_in;
  proto::Descriptor second_in;
  OutputPipe first = OutputPipe::make(first_in);
  OutputPipe second = OutputPipe::make(second_in);
  write_all(first_in, "one ");
  write_all(second_in, "two\nthr");
  CHECK(first.pump(sink, tail));
  CHECK(second.pump(sink, tail));
  write_all(first_in, "line\n");
  CHECK(first.pump(sink, tail));
  CHECK(target.take() == "two\none line\n");
  second_in.reset();
  CHECK_FALSE(second.pump(sink, tail));
  second.finish(sink);
  CHECK(target.take() == "thr\n");
}

TEST_CASE("the tail is the last four KiB") {
  OutputTail tail;
  for (int i = 0; i < 10'000; ++i) tail.add(std::to_string(i) + "\n");
  const auto text = tail.drain();
  CHECK(text.size() == 4096);
  CHECK(text.substr(text.size() - 5) == "9999\n");
  CHECK(tail.drain().empty());
}

TEST_CASE("a reader that has stopped reading costs output, and does not block the pool") {
  Stream target;
  OutputSink sink{target.writer.get()};
  const std::string line(1000, 'x');
  for (int i = 0; i < 5000; ++i) sink.write(line + "\n");
  CHECK(sink.pending());
  std::string all;
  for (;;) {
    sink.flush();
    const auto text = target.take();
    if (text.empty()) break;
    all += text;
  }
  CHECK(all.find("bytes of output dropped") != std::string::npos);
  CHECK(all.size() < 2'000'000);
}

TEST_CASE("a full pipe or socket of other programs is not waited for, and not changed for them") {
  std::array<int, 2> ends{};
  SUBCASE("pipe") { REQUIRE(::pipe2(ends.data(), 0) == 0); }
  SUBCASE("socket") { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  const proto::Descriptor reader{ends[0]};
  const proto::Descriptor writer{ends[1]};
  {
    proto::UnblockedStream stream{writer.get()};
    const std::string line(100'000, 'x');
    for (int i = 0; i < 30; ++i) stream.write(line + "\n");
    CHECK(stream.pending());
    CHECK((::fcntl(writer.get(), F_GETFL) & O_NONBLOCK) == 0);
    REQUIRE(::fcntl(reader.get(), F_SETFL, O_NONBLOCK) == 0);
    std::string all(65536, ' ');
    std::string read;
    while (stream.pending()) {
      const auto length = ::read(reader.get(), all.data(), all.size());
      if (length > 0) read.append(all.data(), static_cast<std::size_t>(length));
      stream.flush();
    }
    for (ssize_t length = 0; (length = ::read(reader.get(), all.data(), all.size())) > 0;)
      read.append(all.data(), static_cast<std::size_t>(length));
    CHECK(read.find("bytes of output dropped") != std::string::npos);
  }
}

TEST_CASE("a stream without a limit drops nothing, and says how much waits") {
  Stream target;
  OutputSink sink{target.writer.get(), std::numeric_limits<std::size_t>::max()};
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 5000; ++i) sink.write(line);
  CHECK(sink.waiting() > 4'000'000);
  std::size_t size = 0;
  for (;;) {
    sink.flush();
    const auto text = target.take();
    if (text.empty()) break;
    size += text.size();
  }
  CHECK(size == 5'000'000);
  CHECK(sink.waiting() == 0);
}

TEST_CASE("the rest of the output is written at the end, while the reader takes something") {
  Stream target;
  OutputSink sink{target.writer.get()};
  sink.write(std::string(1'000'000, 'x'));
  REQUIRE(sink.pending());
  sink.finish(std::chrono::milliseconds{1});  // the reader takes nothing
  CHECK(sink.pending());
  std::size_t size = 0;
  std::thread reader{[&] {
    while (size < 1'000'000) size += target.take().size();
  }};
  sink.finish(std::chrono::minutes{1});
  reader.join();
  CHECK_FALSE(sink.pending());
  CHECK(size == 1'000'000);
}

}  // namespace child_output_test
