#include "client/cli/commands/map/command_line.h"

#include <doctest/doctest.h>

#include "client/cli/commands/map/options.h"

namespace forkmill::cli::command_line_test {
namespace {

using Words = std::vector<std::string>;

struct Cut {
  Words options;
  Words words;
  std::string error;
};

Cut cut(Words arguments) {
  CLI::App app;
  std::string broker;
  app.add_option("--broker", broker);
  MapOptions options;
  add_map_options(*app.add_subcommand("map"), options);
  const auto found = cut_map_words(app, arguments);
  return {arguments, found.words, found.error};
}

TEST_CASE("options end at the first word that is none, at -- or at a source") {
  CHECK(cut({"map", "-k", "echo", "-n", ":::", "a"}).options == Words{"map", "-k"});
  CHECK(cut({"map", "-k", "echo", "-n", ":::", "a"}).words == Words{"echo", "-n", ":::", "a"});
  CHECK(cut({"map", "-k", "--", "-echo", ":::", "a"}).words == Words{"-echo", ":::", "a"});
  CHECK(cut({"map", "-k", ":::", "a"}).words == Words{":::", "a"});
  CHECK(cut({"map", "-j", "4", "-"}).words == Words{"-"});
  CHECK(cut({"map", "echo", "[a,b]", ":::", "--", "[]"}).words == Words{"echo", "[a,b]", ":::", "--", "[]"});
  CHECK(cut({"map"}).words.empty());
}

TEST_CASE("values may be attached, and short options may be joined") {
  CHECK(cut({"map", "-kj4", "x"}).options == Words{"map", "-k", "-j", "4"});
  CHECK(cut({"map", "-j", "-1", "x"}).options == Words{"map", "-j", "-1"});
  CHECK(cut({"map", "-j-1", "x"}).options == Words{"map", "-j", "-1"});
  CHECK(cut({"map", "--joblog=a=b", "x"}).options == Words{"map", "--joblog", "a=b"});
  CHECK(cut({"map", "--wd=", "x"}).options == Words{"map", "--wd", ""});
  CHECK(cut({"map", "-d", "--", "x"}).options == Words{"map", "-d", "--"});
}

TEST_CASE("an option that is mistyped is named with the one that was probably meant") {
  CHECK(cut({"map", "--retires", "3", "x"}).error == "unknown option --retires; did you mean '--retries'?");
  CHECK(cut({"map", "--jbos=3", "x"}).error == "unknown option --jbos; did you mean '--jobs'?");
  CHECK(cut({"map", "--workdri", "/", "x"}).error == "unknown option --workdri; did you mean '--workdir'?");
  CHECK(cut({"map", "--zzzzzzzz", "x"}).error == "unknown option --zzzzzzzz");
  CHECK(cut({"map", "--rpl", "{x} y", "x"}).error.starts_with("--rpl is not supported: "));
}

TEST_CASE("a long option has other names, and may be shortened to a unique beginning") {
  CHECK(cut({"map", "--dryrun", "x"}).options == Words{"map", "--dry-run"});
  CHECK(cut({"map", "--workdir", "/", "x"}).options == Words{"map", "--wd", "/"});
  CHECK(cut({"map", "--halt-on-error", "now", "x"}).options == Words{"map", "--halt", "now"});
  CHECK(cut({"map", "--max-procs=3", "x"}).options == Words{"map", "--jobs", "3"});
  CHECK(cut({"map", "--res", "r", "--jl", "l", "x"}).options == Words{"map", "--results", "r", "--joblog", "l"});
  CHECK(cut({"map", "--keep", "--time", "3", "x"}).options == Words{"map", "--keep-order", "--timeout", "3"});
  CHECK(cut({"map", "--wor", "/", "x"}).options == Words{"map", "--wd", "/"});
  CHECK(cut({"map", "-k", "x"}).error.empty());
  CHECK(cut({"map", "--will-cite", "-k", "x"}).options == Words{"map", "-k"});
  CHECK(!cut({"map", "--r", "x"}).error.empty());
  CHECK(!cut({"map", "--no-such-option", "x"}).error.empty());
  CHECK(!cut({"map", "-kZ", "x"}).error.empty());
  CHECK(!cut({"map", "--bar=3", "x"}).error.empty());
  CHECK(!cut({"map", "--joblog"}).error.empty());
  CHECK(cut({"map", "--sshlogin", "a", "x"}).error.find("the workers of the broker") != std::string::npos);
}

TEST_CASE("other commands are left alone, and options of the program may come first") {
  CHECK(cut({"--broker", "map", "ps", "map"}).words.empty());
  CHECK(cut({"--broker", "map", "ps", "map"}).options == Words{"--broker", "map", "ps", "map"});
  CHECK(cut({"--broker", "x", "map", "echo"}).words == Words{"echo"});
  CHECK(cut({"--broker=x", "map", "echo"}).words == Words{"echo"});
}

}  // namespace
}  // namespace forkmill::cli::command_line_test
