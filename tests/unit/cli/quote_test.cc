#include "client/cli/text/quote.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <memory>

namespace forkmill::cli::quote_test {
namespace {

// The text that the shell prints for one quoted word.
std::string through_shell(const std::string& word) {
  const std::string line = "printf %s " + word;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(line.c_str(), "r"), ::pclose};
  std::string text;
  std::array<char, 4096> chunk{};
  for (std::size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) > 0;) {
    text.append(chunk.data(), got);
  }
  return text;
}

TEST_CASE("plain words stay as they are, and others get single quotes") {
  CHECK(shell_quote("a-b_c.txt") == "a-b_c.txt");
  CHECK(shell_quote("/usr/include/a+b,c:d@e%") == "/usr/include/a+b,c:d@e%");
  CHECK(shell_quote("a b") == "'a b'");
  CHECK(shell_quote("") == "''");
  CHECK(shell_quote("it's") == "'it'\\''s'");
  CHECK(shell_quote("~") == "'~'");
  CHECK(shell_quote("X=1") == "'X=1'");
}

TEST_CASE("the shell reads back every byte") {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  CHECK(through_shell(shell_quote(all)) == all);
  for (const char* word : {"$(touch x)", "`id`", "a\nb", "'; rm -rf /; '", "\\", "*", "-n", "ünï çødé", "#x", "!1"}) {
    CHECK(through_shell(shell_quote(word)) == word);
  }
}

TEST_CASE("words are joined into a line that runs them") {
  CHECK(shell_join({"echo", "a b", "", "c"}) == "echo 'a b' '' c");
  CHECK(shell_join({}).empty());
}

}  // namespace
}  // namespace forkmill::cli::quote_test
