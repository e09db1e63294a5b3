#include "client/cli/map/jobs/command_template.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli::command_template_test {
namespace {

std::string line(const std::string& words, Row args, std::uint64_t seq = 1) {
  return CommandTemplate{{words}, false}.job(seq, std::move(args)).command;
}

TEST_CASE("each replacement string gives its form of the argument") {
  CHECK(line("echo {}", {"a/b.tar.gz"}) == "echo a/b.tar.gz");
  CHECK(line("echo {.}", {"a/b.tar.gz"}) == "echo a/b.tar");
  CHECK(line("echo {/}", {"a/b.tar.gz"}) == "echo b.tar.gz");
  CHECK(line("echo {//}", {"a/b.tar.gz"}) == "echo a");
  CHECK(line("echo {/.}", {"a/b.tar.gz"}) == "echo b.tar");
  CHECK(line("echo {#}", {"x"}, 17) == "echo 17");
  CHECK(line("mv {} {.}.bak", {"x.c"}) == "mv x.c x.bak");
  CHECK(line("{}{}", {"x"}) == "xx");
}

TEST_CASE("unusual paths have the parts that GNU parallel and dirname give them") {
  CHECK(line("{.}", {"a.d/b"}) == "a.d/b");
  CHECK(line("{.}", {"b."}) == "b.");
  CHECK(line("{//}", {"b"}) == ".");
  CHECK(line("{//}", {"/b"}) == "/");
  CHECK(line("{//}", {"/"}) == "/");
  CHECK(line("{//}", {"a//b/"}) == "a");
  CHECK(line("{/}", {"a/"}) == "''");
  CHECK(line("{.}", {""}) == "''");
}

TEST_CASE("a replacement string with a number takes the argument of that source") {
  CHECK(line("cp {1} {2}", {"a b", "c"}) == "cp 'a b' c");
  CHECK(line("echo {}", {"a b", "c"}) == "echo 'a b' c");
  CHECK(line("echo {2.} {1/} {-1//}", {"x/a.c", "y/b.c"}) == "echo y/b a.c y");
  CHECK(line("echo {-2}", {"a", "b"}) == "echo a");
  CHECK(line("echo {3}.", {"a", "b"}) == "echo .");
  CHECK(CommandTemplate({"echo {3} {-5}"}, false).positions() == 5);
}

TEST_CASE("the arguments are appended to a template without replacement strings") {
  CHECK(line("echo hi", {"a b"}) == "echo hi 'a b'");
  CHECK(line("echo", {"a", "b"}) == "echo a b");
  CHECK(CommandTemplate({"wc", "-l"}, false).job(1, {"x"}).command == "wc -l x");
}

TEST_CASE("other text in braces stays as it is") {
  CHECK(line("awk '{print $1}' {}", {"f"}) == "awk '{print $1}' f");
  CHECK(line("echo ${HOME} {0} {%x} {{}} {-} {12345} {1#} {", {"f"}) == "echo ${HOME} {0} {%x} {f} {-} {12345} {1#} {");
}

TEST_CASE("an argument of any bytes is one word") {
  CHECK(line("echo {}", {"$(rm x); 'y'"}) == "echo '$(rm x); '\\''y'\\'''");
  CHECK(line("echo {}", {"{}"}) == "echo '{}'");
}

TEST_CASE("an empty template runs each argument as a shell line") {
  const CommandTemplate lines{{}, false};
  CHECK(lines.job(1, {"echo a | wc"}).command == "echo a | wc");
  CHECK(lines.job(1, {"echo a | wc"}).argv == std::vector<std::string>{"echo a | wc"});
}

TEST_CASE("without a shell, each word stays one word and is not quoted") {
  const CommandTemplate direct{{"printf", "%s;", "{}", "x{1}y"}, true};
  const auto job = direct.job(1, {"a b", "$c"});
  CHECK(job.argv == std::vector<std::string>{"printf", "%s;", "a b", "$c", "xa by"});
  CHECK(job.command == "printf '%s;' 'a b' '$c' 'xa by'");
  CHECK(CommandTemplate({"echo"}, true).job(1, {"a b"}).argv == std::vector<std::string>{"echo", "a b"});
}

TEST_CASE("an argument between quotes of the command is noticed") {
  const auto noticed = [](const std::string& line) { return CommandTemplate{{line}, false}.quotes_arguments(); };
  for (const char* line :
       {"ls '{}'", "ls \"{}\"", "ls \"a{1/}\"", "sh -c 'cat {} {}'", "echo \\\\'{}'", "echo '\\'\\''{}'"})
    CHECK(noticed(line));
  for (const char* line : {"ls {}", "ls 'a'{}", "ls", "echo '{#}' \"{%}\" {}", "echo \\'{}\\'", "awk '{print}' {}"})
    CHECK_FALSE(noticed(line));
  CHECK(CommandTemplate{{"cp", "'a", "{}'"}, {.each_word = true}}.quotes_arguments());
  CHECK_FALSE(CommandTemplate{{"ls", "'{}'"}, true}.quotes_arguments());
}

TEST_CASE("a command that the system would not accept is refused with the number of its job") {
  const CommandTemplate command{{"echo"}, false};
  CHECK_NOTHROW(command.job(1, {std::string(CommandTemplate::kMaxLine - 5, 'x')}));
  CHECK_THROWS_WITH_AS(command.job(7, {std::string(CommandTemplate::kMaxLine, 'x')}),
                       "the command of job 7 has 131076 bytes; the system accepts at most 131071", UsageError);
  CHECK_THROWS_AS(command.job(7, {std::string("a\0b", 3)}), UsageError);
}

TEST_CASE("{%} is the slot of the job") {
  const CommandTemplate command{{"gpu", "{%}", "{}"}, false};
  CHECK(command.uses_slot());
  CHECK(!CommandTemplate{{"run"}, false}.uses_slot());
  Job job{.seq = 1, .slot = 3, .args = {"a"}};
  command.fill(job);
  CHECK(job.command == "gpu 3 a");
}

TEST_CASE("Perl in a command is refused, rather than run by the shell") {
  CHECK_THROWS_AS((CommandTemplate{{"echo {= $_++ =}"}, false}), UsageError);
  CHECK_THROWS_AS((CommandTemplate{{"echo {2= uc =}"}, false}), UsageError);
  CHECK(CommandTemplate{{"awk '{=' {}"}, false}.job(1, {"f"}).command == "awk '{=' f");
}

TEST_CASE("a string of --plus that is not supported is refused, rather than left in the command") {
  const auto command = [](const std::string& line, bool plus) {
    return CommandTemplate{{line}, {.syntax = {.plus = plus}}}.job(7, {"a"}).command;
  };
  for (const char* text : {"{##}", "{0#}", "{0%}", "{choose_k}", "{uniq}", "{host}", "{hgrp}"}) {
    CHECK_THROWS_AS(command(text, true), UsageError);
    CHECK(command(std::string{text} + " {}", false) == std::string{text} + " a");
  }
  CHECK(command("{slot} {} {no} {##a}{}", true) == "0 a {no} ''a");
}

TEST_CASE("-I replaces another text, and {} stays") {
  const CommandTemplate command{{"echo ,, {} {.}"}, {.syntax = {.replace = ",,"}}};
  CHECK(command.job(1, {"a.b"}).command == "echo a.b {} a");
  CHECK(CommandTemplate{{"echo"}, {.syntax = {.replace = ",,"}}}.job(1, {"a"}).command == "echo a");
}

TEST_CASE("a header gives names to positions") {
  const CommandTemplate command{{"echo {size}-{name.}"}, {.syntax = {.names = {"name", "size"}}}};
  CHECK(command.job(1, {"a.b", "7"}).command == "echo 7-a");
  CHECK(command.positions() == 2);
}

TEST_CASE("a word with the arguments is repeated for each of them on request") {
  const CommandTemplate line{{"cp {}.old 'x  y' to-{#}"}, {.each_word = true}};
  CHECK(line.job(2, {"a", "b c"}).command == "cp a.old 'b c'.old 'x  y' to-2");
  const CommandTemplate direct{{"cp", "{}.old", "to"}, {.direct = true, .each_word = true}};
  CHECK(direct.job(1, {"a", "b"}).argv == std::vector<std::string>{"cp", "a.old", "b.old", "to"});
  CHECK(CommandTemplate{{"cp"}, {.append = false}}.job(1, {"a"}).command == "cp");
}

}  // namespace
}  // namespace forkmill::cli::command_template_test
