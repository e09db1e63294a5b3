#include "client/cli/map/input/source.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::source_test {
namespace {

std::vector<std::string> all(Source& source) {
  std::vector<std::string> lines;
  for (std::string line; source.next(line) == Fetch::ready;) lines.push_back(line);
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("words are returned in order and counted") {
  WordSource words{{"a", "b"}};
  CHECK(words.count() == 2);
  CHECK(all(words) == Lines{"a", "b"});
  CHECK(words.count() == 0);
}

TEST_CASE("the lines of a file are counted before they are read, with or without a last newline") {
  const forkmill::tests::Folder dir;
  LineSource ended{dir.write("ended", "a\n\nb c\n"), "\n"};
  CHECK(ended.count() == 3);
  CHECK(all(ended) == Lines{"a", "", "b c"});
  LineSource open{dir.write("open", "a\nb"), "\n"};
  CHECK(open.count() == 2);
  CHECK(all(open) == Lines{"a", "b"});
  LineSource empty{dir.write("empty", ""), "\n"};
  CHECK(empty.count() == 0);
  CHECK(all(empty).empty());
}

TEST_CASE("lines that end with NUL bytes may contain newlines") {
  const forkmill::tests::Folder dir;
  LineSource lines{dir.write("nul", std::string_view{"a\nb\0c\0", 6}), std::string(1, '\0')};
  CHECK(lines.count() == 2);
  CHECK(all(lines) == Lines{"a\nb", "c"});
}

TEST_CASE("a file may have more lines than one read returns") {
  const forkmill::tests::Folder dir;
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  LineSource lines{dir.write("many", text), "\n"};
  CHECK(lines.count() == 50'000);
  const auto got = all(lines);
  REQUIRE(got.size() == 50'000);
  CHECK(got.back() == "line 49999");
}

TEST_CASE("an empty pipe does not block") {
  const forkmill::tests::Folder dir;
  const auto path = dir.path("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(writer >= 0);
  LineSource lines{path, "\n"};
  CHECK(!lines.count());
  std::string line;
  CHECK(lines.next(line) == Fetch::waiting);
  CHECK(lines.wait_fd() >= 0);
  REQUIRE(::write(writer, "one\ntw", 6) == 6);
  CHECK(lines.next(line) == Fetch::ready);
  CHECK(line == "one");
  CHECK(lines.next(line) == Fetch::waiting);
  REQUIRE(::write(writer, "o", 1) == 1);
  ::close(writer);
  CHECK(lines.next(line) == Fetch::ready);
  CHECK(line == "two");
  CHECK(lines.next(line) == Fetch::end);
}

TEST_CASE("an error names the file or the line that cannot be read") {
  const forkmill::tests::Folder dir;
  CHECK_THROWS_AS((LineSource{dir.path("absent"), "\n"}), UsageError);
  LineSource endless{dir.write("long", "a\n" + std::string(LineSource::kMaxLine * 2, 'x')), "\n"};
  std::string line;
  CHECK(endless.next(line) == Fetch::ready);
  try {
    endless.next(line);
    FAIL("accepted");
  } catch (const UsageError& error) {
    CHECK(std::string{error.what()}.starts_with("line 2 of"));
  }
}

TEST_CASE("a delimiter may have several characters, and then the lines are not counted") {
  const forkmill::tests::Folder dir;
  LineSource lines{dir.write("words", "aXXbXcXX"), "XX"};
  CHECK(!lines.count());
  std::string line;
  REQUIRE(lines.next(line) == Fetch::ready);
  CHECK(line == "a");
  REQUIRE(lines.next(line) == Fetch::ready);
  CHECK(line == "bXc");
  CHECK(lines.next(line) == Fetch::end);
}

TEST_CASE("one of several sources counts as one empty argument if it has none") {
  std::string word = "before";
  NonEmptySource empty{std::make_unique<WordSource>(std::vector<std::string>{})};
  CHECK(empty.count() == 1);
  REQUIRE(empty.next(word) == Fetch::ready);
  CHECK(word.empty());
  CHECK(empty.next(word) == Fetch::end);
  NonEmptySource full{std::make_unique<WordSource>(std::vector<std::string>{"a"})};
  CHECK(full.count() == 1);
  CHECK(full.next(word) == Fetch::ready);
  CHECK(full.next(word) == Fetch::end);
}

}  // namespace
}  // namespace forkmill::cli::source_test
