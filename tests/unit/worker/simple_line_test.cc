// Lines that need no shell, and that they give the words that a shell would pass.
#include "worker/tasks/simple_line.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/folder.h"

namespace simple_line_test {

using forkmill::worker::split_simple_line;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kProgram = "prog";

// The words that the shell of this machine passes to the program of each line, which is kProgram.
std::vector<Words> words_by_shell(const std::vector<std::string>& lines) {
  const forkmill::tests::Folder folder;
  const auto script = folder.path() + "/script";
  {
    std::ofstream file{script, std::ios::binary};
    file << kProgram << "() { printf '%s\\0' $# \"$@\"; }\n";
    for (const auto& line : lines) file << line << "\n";
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> output{::popen(("/bin/sh " + script).c_str(), "re"), ::pclose};
  const auto next = [&] {
    std::string text;
    for (int c = std::fgetc(output.get()); c > 0; c = std::fgetc(output.get())) text += static_cast<char>(c);
    return text;
  };
  std::vector<Words> all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto count = next();
    REQUIRE_MESSAGE(!count.empty(), "the shell has stopped at: ", lines[i]);
    Words words{kProgram};
    for (int left = std::stoi(count); left > 0; --left) words.push_back(next());
    all.push_back(std::move(words));
  }
  return all;
}

// Checks those of the lines that are simple. Returns their number.
std::size_t check_against_shell(const std::vector<std::string>& lines) {
  std::vector<std::string> simple;
  for (const auto& line : lines) {
    if (split_simple_line(line)) simple.push_back(line);
  }
  const auto expected = words_by_shell(simple);
  for (std::size_t i = 0; i < simple.size(); ++i) {
    INFO("line: ", simple[i]);
    CHECK(*split_simple_line(simple[i]) == expected[i]);
  }
  return simple.size();
}

}  // namespace

TEST_CASE("simple lines are split as a shell does") {
  const std::vector<std::pair<std::string, Words>> table{
      {"gzip", {"gzip"}},
      {"  gzip \t -9  a.txt ", {"gzip", "-9", "a.txt"}},
      {"./tool a-b_c.d/e:f,g@h%i+j", {"./tool", "a-b_c.d/e:f,g@h%i+j"}},
      {"cc -DX=1 --out=/tmp/x", {"cc", "-DX=1", "--out=/tmp/x"}},
      {"cat 'a  b' '$HOME' '*'", {"cat", "a  b", "$HOME", "*"}},
      {"cat '' \"\"", {"cat", "", ""}},
      {R"(cat 'it'\''s' "a 'b'")", {"cat", "it's", "a 'b'"}},
      {R"(cat \* \$x a\ b \\)", {"cat", "*", "$x", "a b", "\\"}},
      {"cat a'b'\"c\"d", {"cat", "abcd"}},
      {"cat 'two\nlines' \"two\nlines\"", {"cat", "two\nlines", "two\nlines"}},
      {"cat '\xc3\xa4' \"\xc3\xa4\"", {"cat", "\xc3\xa4", "\xc3\xa4"}},
      {"'gz'ip x", {"gzip", "x"}},
      {"cat echo if while", {"cat", "echo", "if", "while"}},
      {"/bin/echo -n", {"/bin/echo", "-n"}},
  };
  for (const auto& [line, words] : table) {
    INFO("line: ", line);
    const auto split = split_simple_line(line);
    REQUIRE(split);
    CHECK(*split == words);
  }
}

TEST_CASE("lines in which a shell would do more than to split them are left to it") {
  const std::string nul{"cat 'a\0b'", 9};
  for (const std::string line : {
           "",
           " ",
           "''",
           "a|b",
           "a && b",
           "a;b",
           "a &",
           "a\nb",
           "a\n",
           "a >b",
           "a <b",
           "a 2>&1",
           "(a)",
           "{ a; }",
           "!a",
           "! a",
           "a $b",
           "a ${b}",
           "a $(b)",
           "a `b`",
           "a \"$b\"",
           "a \"`b`\"",
           "a \"\\$b\"",
           "a *",
           "a ?",
           "a [b]",
           "a ~",
           "a ~b",
           "a b=~",
           "a #b",
           "a{b,c}",
           "a 'b",
           "a \"b",
           "a \\",
           "a \\\nb",
           "a=b",
           "a=b c",
           "a'='b",
           "A=1 cat x",
           "echo a",
           "cd /",
           "exit 3",
           "true",
           "false x",
           ": x",
           ". file",
           "[ a ]",
           "test -e x",
           "export a",
           "if x",
           "while x",
           "function",
           "exec cat",
           "'echo' a",
           "\\echo a",
           "e'ch'o a",
           "setsid cat",
           "/usr/bin/setsid cat",
           "command cat",
           "ulimit -n",
           "kill 1",
           "pwd",
           "printf x",
           "caf\xc3\xa9",
           "a \xc3\xa4",
           "a\rb",
           "a ^b",
       }) {
    INFO("line: ", line);
    CHECK_FALSE(split_simple_line(line));
  }
  CHECK_FALSE(split_simple_line(nul));
}

TEST_CASE("every byte, quoted in each way or not, comes out as from the shell") {
  std::vector<std::string> lines;
  for (int c = 1; c < 256; ++c) {
    const std::string byte(1, static_cast<char>(c));
    for (const char* pattern : {"x%y", "%", "x %", "'%'", "\"%\"", "x\\%y", "\\%", "'x'%"}) {
      std::string word{pattern};
      word.replace(word.find('%'), 1, byte);
      lines.push_back(std::string{kProgram} + " " + word);
    }
  }
  CHECK(check_against_shell(lines) > 1000);
}

TEST_CASE("random lines that are simple give the words of the shell") {
  constexpr std::string_view kBytes = "aZ0_ \t'\"\\/=%@:,.+-$~*#{}!?\xc3\xa4\x81\x88";
  std::mt19937 random{20240917};
  std::vector<std::string> lines;
  for (int i = 0; i < 40'000; ++i) {
    std::string line = std::string{kProgram} + " ";
    for (auto left = random() % 10; left > 0; --left) line += kBytes[random() % kBytes.size()];
    lines.push_back(std::move(line));
  }
  CHECK(check_against_shell(lines) > 1000);
}

}  // namespace simple_line_test
